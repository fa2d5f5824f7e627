/** Notes its arguments as a call that is not carried out. */
import { note } from '../workplace.ts';

note(process.argv.slice(2));
