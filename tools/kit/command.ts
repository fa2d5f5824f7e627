/** Runs a command line program: passes it its arguments, prints its error and sets its exit code. */
import { getErrorCode, getErrorMessage, UsageError } from './tool-errors.ts';

/** Prints the error of a failed command. The exit code is 2 for a UsageError or a wrong option, else 1. */
export async function runCommand(run: (argv: string[]) => Promise<void>): Promise<void> {
  try {
    await run(process.argv.slice(2));
  } catch (error) {
    const usage = error instanceof UsageError || isArgumentError(error);
    // Only the first sentence of an argument error says what is wrong; the rest is advice on quoting.
    const message = isArgumentError(error)
      ? (getErrorMessage(error).split(/\.\s/)[0] ?? '')
      : getErrorMessage(error);
    const internal = !usage && error instanceof TypeError;
    process.stderr.write(`${internal ? (error.stack ?? message) : message}\n`);
    process.exitCode = usage ? 2 : 1;
  }
}

/** Whether parseArgs of Node.js threw the error. */
function isArgumentError(error: unknown): boolean {
  return getErrorCode(error)?.startsWith('ERR_PARSE_ARGS_') === true;
}
