/** Defines the errors that a command shows to its user, and reads the message and code of any error. */

/**
 * The command line or a file is wrong, and the user can correct it: one line is printed, the exit code is 2.
 */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** A line of a data file is wrong. The message starts with `FILE:LINE: `. */
export class DataFileError extends UsageError {
  override readonly name = 'DataFileError';

  constructor(file: string, line: number, problem: string) {
    super(`${file}:${line}: ${problem}`);
  }
}

/** Recognizes errors of other threads and realms too: Jest runs each test file in a realm of its own. */
export function isError(value: unknown): value is Error {
  return Object.prototype.toString.call(value) === '[object Error]';
}

/** Returns the message of an error, or any other thrown value as text. */
export function getErrorMessage(error: unknown): string {
  return isError(error) ? error.message : String(error);
}

/** Says why a file cannot be opened. */
export function describeFileProblem(error: unknown): string {
  return getErrorCode(error) === 'ENOENT' ? 'there is no such file' : getErrorMessage(error);
}

/** Returns the code of a Node.js system error (`EADDRINUSE`, `ENOENT`, ...), if the error has one. */
export function getErrorCode(error: unknown): string | undefined {
  if (!isError(error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
