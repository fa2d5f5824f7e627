/** The errors that a command tells the person in front of it about, and how any error is read. */

/** Something on the command line or in a file is wrong and can be put right: one line, exit code 2. */
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

/** Whether it is an error, be it one from another thread or another realm, as Jest gives each test. */
export function isError(value: unknown): value is Error {
  return Object.prototype.toString.call(value) === '[object Error]';
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}

/** Why a file cannot be opened. */
export function fileProblem(error: unknown): string {
  return codeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error);
}

/** The code of a Node.js system error (`EADDRINUSE`, `ENOENT`, ...), if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (!isError(error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
