/** Reads a text file line by line in bounded memory. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { decodeText } from './decode-text.ts';
import { DataFileError, describeFileProblem, UsageError } from './tool-errors.ts';

/**
 * Characters. Real lines are far shorter; a file without line ends is refused instead of read into memory.
 */
const LONGEST_LINE = 100_000;

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/**
 * Decodes a file.
 * @param option the command line option that names the file
 * @param name of the file, for errors
 * @throws UsageError when the file cannot be read, and the errors of `decodeText`
 */
export async function* readText(file: string, option: string, name = file): AsyncGenerator<string> {
  await requireFile(file, option);
  yield* decodeText(createReadStream(file), name);
}

/**
 * Yields the lines of a text that are not blank.
 * @param name of the text, for errors
 * @throws DataFileError when a line is too long
 */
export async function* readLines(text: AsyncIterable<string>, name: string): AsyncGenerator<Line> {
  let number = 0;
  let rest = '';
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      number += 1;
      if (line.trim() !== '') yield { number, text: line };
    }
    if (rest.length > LONGEST_LINE) {
      throw new DataFileError(name, number + 1, `longer than ${LONGEST_LINE} characters`);
    }
  }
  if (rest.trim() !== '') yield { number: number + 1, text: rest };
}

/**
 * Requires a regular file that may be read: a pipe could not be read twice.
 * @throws UsageError for anything else
 */
async function requireFile(file: string, option: string): Promise<void> {
  try {
    const found = await stat(file);
    if (found.isFile()) {
      await (await open(file)).close();
      return;
    }
  } catch (error) {
    throw new UsageError(`${option} ${file}: ${describeFileProblem(error)}`);
  }
  throw new UsageError(`${option} ${file}: not a file`);
}
