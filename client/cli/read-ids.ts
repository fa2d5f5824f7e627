/** Reads target group ids from arguments, a file or the standard input, and reports all faults at once. */
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { findColumn, peek, readRows, type Row } from '../../tools/kit/csv.ts';
import { decodeText } from '../../tools/kit/decode-text.ts';
import { findDelimiter } from '../../tools/kit/delimiter.ts';
import { Faults } from '../../tools/kit/faults.ts';
import { findDoubledMember, parseJson } from '../../tools/kit/json.ts';
import { openFile } from '../../tools/kit/open-file.ts';
import { quoteExcerpt } from '../../tools/kit/printable.ts';
import { readLines } from '../../tools/kit/read-lines.ts';
import { describeFileProblem } from '../../tools/kit/tool-errors.ts';
import { ID_FORMAT, ID_PATTERN, isId } from '../../src/domain/ids.ts';
import { InputError } from '../client-errors.ts';

export const FORMATS = ['txt', 'csv', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** The field of JSON Lines, and the column of CSV unless `--column` names another. */
const FIELD = 'target_group_id';

/** Names of a column of ids. Anything else at the head of an only column may be a damaged id. */
const NAMES_OF_IDS = [/^(?:[a-z _.-]*[ _.-])?(?:id|group)s?$/i, /^[a-z]+(?:[A-Z][a-z]*)*(?:ID|Id|Group)s?$/];

/** What a spreadsheet makes of a long number. */
const ROUNDED_NUMBER = /^[+-]?\d+(?:[.,]\d+)?E[+-]?\d+$/i;

export interface IdSource {
  /** Ids on the command line. If empty, the ids come from a file or the standard input. */
  readonly args: readonly string[];
  /** `-` or undefined: the standard input. */
  readonly file: string | undefined;
  /** Undefined: the name of the file decides. */
  readonly format: Format | undefined;
  /** Column of a CSV file. */
  readonly column: string | undefined;
}

export interface Ids {
  /** Distinct ids, in the order of the input. */
  readonly ids: readonly string[];
  /** Number of ids that were left out because they came before. */
  readonly duplicates: number;
}

/** A value that should be an id, and its place in the input. */
interface Candidate {
  readonly place: string;
  readonly value: unknown;
  /** What is wrong with its row, or how to correct the command if the value is no id. */
  readonly problem?: string | undefined;
  readonly advice?: string | undefined;
}

/**
 * Reads and checks all ids.
 * @param signal stops the wait for a standard input that does not end
 * @throws InputError with up to 20 faults
 */
export async function readIds(
  source: IdSource,
  stdin: Readable & { isTTY?: boolean },
  signal: AbortSignal,
): Promise<Ids> {
  const ids = new Set<string>();
  const faults = new Faults();
  let found = 0;
  for await (const { place, value, problem, advice } of faults.watch(
    await openSource(source, stdin, signal),
  )) {
    found += 1;
    if (problem !== undefined) faults.add(`${place}: ${problem}`);
    else if (isId(value)) ids.add(value);
    else {
      const expected = `expected a target group id: ${ID_FORMAT}`;
      faults.add(`${place}: found ${quoteExcerpt(value)}, ${expected}${advice ?? adviseOn(value)}`);
    }
  }
  if (faults.count > 0) throw new InputError(faults.text);
  if (found === 0)
    throw new InputError(`${nameSource(source)}: found no target group ids, expected at least one`);
  return { ids: [...ids], duplicates: found - ids.size };
}

function adviseOn(value: unknown): string {
  if (typeof value !== 'string' || !ROUNDED_NUMBER.test(value)) return '';
  return '; a spreadsheet has made a number of it: format the column as text';
}

function nameSource({ args, file }: IdSource): string {
  if (args.length > 0) return 'arguments';
  return file === undefined || file === '-' ? 'standard input' : file;
}

async function openSource(
  source: IdSource,
  stdin: Readable & { isTTY?: boolean },
  signal: AbortSignal,
): Promise<Iterable<Candidate> | AsyncIterable<Candidate>> {
  const { args, file } = source;
  if (args.length > 0) {
    if (file !== undefined) {
      throw new InputError(`--file ${file}: found ids on the command line as well, expected one of both`);
    }
    return args.map((value, i) => ({ place: `id ${i + 1}`, value }));
  }
  const name = nameSource(source);
  if (file === undefined && stdin.isTTY === true) {
    throw new InputError(
      'target group ids: found none, expected ids, --file FILE, or ids on the standard input',
    );
  }
  const format = source.format ?? deriveFormat(file);
  if (source.column !== undefined && format !== 'csv') {
    throw new InputError(
      `--column ${source.column}: found ${name} read as ${format}, expected CSV: add --format csv`,
    );
  }
  const bytes = addAbortSignal(
    signal,
    file === undefined || file === '-' ? stdin : await openInput(file, signal),
  );
  const text = decodeText(bytes, name);
  if (format === 'csv') return readIdsInRows(text, name, source.column);
  return format === 'jsonl' ? readIdsInJsonLines(text, name) : readIdsInLines(text, name);
}

function deriveFormat(file: string | undefined): Format {
  if (file === undefined || file === '-') return 'txt';
  const extension = extname(file).toLowerCase();
  const format = (
    { '.txt': 'txt', '.csv': 'csv', '.tsv': 'csv', '.jsonl': 'jsonl', '.ndjson': 'jsonl' } as const
  )[extension];
  if (format !== undefined) return format;
  throw new InputError(
    `--file ${file}: the name does not tell the format: add --format ${FORMATS.join(', ')}`,
  );
}

async function openInput(file: string, signal: AbortSignal): Promise<Readable> {
  try {
    if (!(await stat(file)).isDirectory()) return await openFile(file, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new InputError(`--file ${file}: ${describeFileProblem(error)}`, { cause: error });
  }
  throw new InputError(`--file ${file}: found a folder, expected a file`);
}

/**
 * Reads one id per line. A line that starts with `#` is a comment. A text whose first row names the column of
 * the ids is a table, as spreadsheets export it under `.txt`.
 */
async function* readIdsInLines(source: AsyncIterable<string>, name: string): AsyncGenerator<Candidate> {
  const { start, text } = await peek(source);
  if (findDelimiter(start, name, [FIELD]).hasHeader) {
    yield* readIdsInRows(text, name, undefined);
    return;
  }
  for await (const line of readLines(text, name)) {
    const value = line.text.trim();
    if (!value.startsWith('#')) yield { place: `${name}:${line.number}`, value };
  }
}

/** Reads one JSON value per line: a string, or an object with the field. */
async function* readIdsInJsonLines(text: AsyncIterable<string>, name: string): AsyncGenerator<Candidate> {
  for await (const line of readLines(text, name)) {
    const doubled = parseJson(line.text) === undefined ? undefined : findDoubledMember(line.text);
    const problem = doubled && `${quoteExcerpt(doubled)}: found more than one, expected one`;
    yield { place: `${name}:${line.number}`, value: parseJsonId(line.text), problem };
  }
}

function parseJsonId(text: string): unknown {
  const value = parseJson(text);
  if (value === undefined) return text.trim();
  return typeof value === 'object' && value !== null && FIELD in value ? value[FIELD] : value;
}

/**
 * Reads a column of CSV: the one that `wanted` names, else `target_group_id`, else the only one, which may
 * have no header.
 */
async function* readIdsInRows(
  text: AsyncIterable<string>,
  name: string,
  wanted: string | undefined,
): AsyncGenerator<Candidate> {
  let column: number | undefined;
  const kind = { names: [wanted ?? FIELD], id: ID_PATTERN };
  for await (const row of readRows(text, name, kind)) {
    const { cells, line, problem } = row;
    let advice: string | undefined;
    if (column === undefined) {
      column = findColumn(row, wanted ?? FIELD, name);
      if (column !== undefined) continue;
      column = requireOnlyColumn(row, name, wanted);
      if (isNameOfIds(cells[column])) continue;
      advice = '; for the name of a column add --column NAME';
    }
    yield { place: `${name}:${line}`, value: cells[column], problem, advice };
  }
}

/**
 * Whether the first cell of the only column is certainly a header. A damaged id must be reported, not skipped
 * as if it were one.
 */
function isNameOfIds(cell = ''): boolean {
  return NAMES_OF_IDS.some((pattern) => pattern.test(cell));
}

function requireOnlyColumn({ cells, line }: Row, name: string, wanted: string | undefined): number {
  if (wanted === undefined && cells.length === 1) return 0;
  const columns = cells.slice(0, 20).map(quoteExcerpt).join(', ');
  throw new InputError(
    `${name}:${line}: found the columns ${columns}, expected ${quoteExcerpt(wanted ?? FIELD)}${wanted === undefined ? ': add --column NAME' : ''}`,
  );
}
