/** Notes its arguments as a call that it does not carry out. */
import { note } from '../workplace.ts';

note(process.argv.slice(2));
