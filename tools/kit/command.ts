/** What the commands have in common: arguments in, exit code out, what is wrong in one line. */
import { codeOf, messageOf, UsageError } from './errors.ts';

/** Runs a command with its arguments. A UsageError is one line and exit code 2, anything else exit code 1. */
export async function runCommand(run: (argv: string[]) => Promise<void>): Promise<void> {
  try {
    await run(process.argv.slice(2));
  } catch (error) {
    const usage = error instanceof UsageError || isArgumentError(error);
    // Only the first sentence of an argument error says what is wrong; the rest is advice on quoting.
    const message = isArgumentError(error) ? (messageOf(error).split(/\.\s/)[0] ?? '') : messageOf(error);
    const internal = !usage && error instanceof TypeError;
    process.stderr.write(`${internal ? (error.stack ?? message) : message}\n`);
    process.exitCode = usage ? 2 : 1;
  }
}

/** Of parseArgs. */
function isArgumentError(error: unknown): boolean {
  return codeOf(error)?.startsWith('ERR_PARSE_ARGS_') === true;
}
