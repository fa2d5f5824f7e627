/** Reads target group ids from arguments, a file or the standard input, and reports all faults at once. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { readRows } from '../../tools/kit/csv.ts';
import { describeFileProblem } from '../../tools/kit/tool-errors.ts';
import { parseJson } from '../../tools/kit/json.ts';
import { readStreamLines } from '../../tools/kit/read-lines.ts';
import { quoteExcerpt } from '../../tools/kit/printable.ts';
import { ID_FORMAT, isId } from '../../src/domain/ids.ts';
import { InputError } from '../client-errors.ts';

export const FORMATS = ['txt', 'csv', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** The field of JSON Lines, and the column of CSV unless `--column` names another. */
const FIELD = 'target_group_id';

const MAX_SHOWN_FAULTS = 20;

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
}

/**
 * Reads and checks all ids.
 * @param signal stops the wait for a standard input that does not end
 * @throws InputError with up to 20 faults; errors of the readers of lines and rows pass through
 */
export async function readIds(
  source: IdSource,
  stdin: Readable & { isTTY?: boolean },
  signal: AbortSignal,
): Promise<Ids> {
  const ids = new Set<string>();
  const faults: string[] = [];
  let found = 0;
  let wrong = 0;
  for await (const { place, value } of await openSource(source, stdin, signal)) {
    found += 1;
    if (isId(value)) ids.add(value);
    else if (++wrong <= MAX_SHOWN_FAULTS) {
      faults.push(`${place}: found ${quoteExcerpt(value)}, expected a target group id: ${ID_FORMAT}`);
    }
  }
  if (wrong > MAX_SHOWN_FAULTS) faults.push(`and ${wrong - MAX_SHOWN_FAULTS} more`);
  if (wrong > 0) throw new InputError(faults.join('\n'));
  if (found === 0)
    throw new InputError(`${nameSource(source)}: found no target group ids, expected at least one`);
  return { ids: [...ids], duplicates: found - ids.size };
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
  const text = addAbortSignal(signal, file === undefined || file === '-' ? stdin : await openFile(file));
  if (format === 'csv') return readIdsInRows(text, name, source.column);
  return format === 'jsonl' ? readIdsInJsonLines(text, name) : readIdsInLines(text, name);
}

function deriveFormat(file: string | undefined): Format {
  if (file === undefined || file === '-') return 'txt';
  const extension = extname(file).toLowerCase();
  const format = ({ '.txt': 'txt', '.csv': 'csv', '.jsonl': 'jsonl', '.ndjson': 'jsonl' } as const)[
    extension
  ];
  if (format !== undefined) return format;
  throw new InputError(
    `--file ${file}: the name does not tell the format: add --format ${FORMATS.join(', ')}`,
  );
}

/** Opens a file or a pipe, so that `--file <(command)` works. */
async function openFile(file: string): Promise<Readable> {
  try {
    if ((await stat(file)).isDirectory())
      throw new InputError(`--file ${file}: found a folder, expected a file`);
    const stream = createReadStream(file);
    await new Promise((resolve, reject) => stream.once('open', resolve).once('error', reject));
    return stream;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`--file ${file}: ${describeFileProblem(error)}`, { cause: error });
  }
}

/** Reads one id per line. A line that starts with `#` is a comment. */
async function* readIdsInLines(text: Readable, name: string): AsyncGenerator<Candidate> {
  for await (const line of readStreamLines(text, name)) {
    const value = line.text.trim();
    if (!value.startsWith('#')) yield { place: `${name}:${line.number}`, value };
  }
}

/** Reads one JSON value per line: a string, or an object with the field. */
async function* readIdsInJsonLines(text: Readable, name: string): AsyncGenerator<Candidate> {
  for await (const line of readStreamLines(text, name)) {
    yield { place: `${name}:${line.number}`, value: parseJsonId(line.text) };
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
  text: Readable,
  name: string,
  wanted: string | undefined,
): AsyncGenerator<Candidate> {
  let column: number | undefined;
  for await (const { cells, line } of readRows(text, name)) {
    if (column === undefined) {
      column = findColumn(cells, name, wanted);
      // Without a header, the first row holds an id, too.
      if (wanted !== undefined || !isMeantAsId(cells[column])) continue;
    }
    yield { place: `${name}:${line}`, value: cells[column] };
  }
}

/**
 * Whether a cell of the first row is meant as an id. A wrong id must be reported, not skipped as if it were a
 * header.
 */
function isMeantAsId(cell = ''): boolean {
  return /^(?=.*\d)[0-9A-Za-z]{20,32}$/.test(cell) || isId(cell);
}

function findColumn(header: readonly string[], name: string, wanted: string | undefined): number {
  const column = header.indexOf(wanted ?? FIELD);
  if (column >= 0) return column;
  if (wanted === undefined && header.length === 1) return 0;
  const columns = header.slice(0, 20).map(quoteExcerpt).join(', ');
  throw new InputError(
    `${name}: found the columns ${columns}, expected ${quoteExcerpt(wanted ?? FIELD)}${wanted === undefined ? ': add --column NAME' : ''}`,
  );
}
