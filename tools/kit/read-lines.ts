/** Reads a text file line by line in bounded memory. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
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
 * Yields the lines of a file that are not blank.
 * @param option the command line option that names the file
 * @throws UsageError when the file cannot be read, DataFileError when a line is too long
 */
export async function* readLines(file: string, option: string): AsyncGenerator<Line> {
  await requireFile(file, option);
  yield* readStreamLines(createReadStream(file), file);
}

/**
 * Yields the lines of a UTF-8 text that are not blank.
 * @param name of the text, for errors
 * @throws DataFileError when a line is too long
 */
export async function* readStreamLines(source: Readable, name: string): AsyncGenerator<Line> {
  let number = 0;
  let rest = '';
  for await (const chunk of source.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      number += 1;
      if (text.trim() !== '') yield { number, text: removeByteOrderMark(number, text) };
    }
    if (rest.length > LONGEST_LINE) {
      throw new DataFileError(name, number + 1, `longer than ${LONGEST_LINE} characters`);
    }
  }
  if (rest.trim() !== '') yield { number: number + 1, text: removeByteOrderMark(number + 1, rest) };
}

/**
 * Requires a regular file: a pipe could not be read twice.
 * @throws UsageError for anything else
 */
export async function requireFile(file: string, option: string): Promise<void> {
  try {
    const found = await stat(file);
    if (found.isFile()) return;
  } catch (error) {
    throw new UsageError(`${option} ${file}: ${describeFileProblem(error)}`);
  }
  throw new UsageError(`${option} ${file}: not a file`);
}

/** Removes a byte order mark from the first line. */
function removeByteOrderMark(number: number, text: string): string {
  return number === 1 ? text.replace(/^\uFEFF/, '') : text;
}
