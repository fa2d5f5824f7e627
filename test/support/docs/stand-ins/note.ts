/** Notes its arguments as a call that it does not carry out. */
import { noteCall } from '../workplace.ts';

noteCall(process.argv.slice(2));
