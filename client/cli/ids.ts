/** Reads target group ids from the command line, a file or the standard input; all that is wrong is told at once. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { rowsOf } from '../../tools/kit/csv.ts';
import { fileProblem } from '../../tools/kit/errors.ts';
import { parseJson } from '../../tools/kit/json.ts';
import { linesOf } from '../../tools/kit/lines.ts';
import { shown } from '../../tools/kit/printable.ts';
import { ID_FORMAT, isId } from '../../src/domain/ids.ts';
import { InputError } from '../errors.ts';

export const FORMATS = ['txt', 'csv', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** The field of JSON Lines, and the column of CSV unless another is named. */
const FIELD = 'target_group_id';

const MAX_SHOWN_FAULTS = 20;

export interface IdSource {
  /** Ids on the command line. None: a file, or the standard input. */
  readonly args: readonly string[];
  /** `-` is the standard input. */
  readonly file: string | undefined;
  /** By the name of the file when it is not given. */
  readonly format: Format | undefined;
  /** Of CSV. */
  readonly column: string | undefined;
}

export interface Ids {
  /** Distinct. */
  readonly ids: readonly string[];
  /** So many more were given that were there already. */
  readonly duplicates: number;
}

/** Something that should be an id, and where it stands. */
interface Found {
  readonly place: string;
  readonly value: unknown;
}

/**
 * @param signal ends the wait for a standard input that does not end
 * @throws InputError, or what the readers of lines and rows throw
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
  for await (const { place, value } of await foundIn(source, stdin, signal)) {
    found += 1;
    if (isId(value)) ids.add(value);
    else if (++wrong <= MAX_SHOWN_FAULTS) {
      faults.push(`${place}: found ${shown(value)}, expected a target group id: ${ID_FORMAT}`);
    }
  }
  if (wrong > MAX_SHOWN_FAULTS) faults.push(`and ${wrong - MAX_SHOWN_FAULTS} more`);
  if (wrong > 0) throw new InputError(faults.join('\n'));
  if (found === 0)
    throw new InputError(`${nameOf(source)}: found no target group ids, expected at least one`);
  return { ids: [...ids], duplicates: found - ids.size };
}

function nameOf({ args, file }: IdSource): string {
  if (args.length > 0) return 'arguments';
  return file === undefined || file === '-' ? 'standard input' : file;
}

async function foundIn(
  source: IdSource,
  stdin: Readable & { isTTY?: boolean },
  signal: AbortSignal,
): Promise<Iterable<Found> | AsyncIterable<Found>> {
  const { args, file } = source;
  if (args.length > 0) {
    if (file !== undefined) {
      throw new InputError(`--file ${file}: found ids on the command line as well, expected one of both`);
    }
    return args.map((value, i) => ({ place: `id ${i + 1}`, value }));
  }
  const name = nameOf(source);
  if (file === undefined && stdin.isTTY === true) {
    throw new InputError(
      'target group ids: found none, expected ids, --file FILE, or ids on the standard input',
    );
  }
  const format = source.format ?? formatOf(file);
  if (source.column !== undefined && format !== 'csv') {
    throw new InputError(
      `--column ${source.column}: found ${name} read as ${format}, expected CSV: add --format csv`,
    );
  }
  const text = addAbortSignal(signal, file === undefined || file === '-' ? stdin : await opened(file));
  if (format === 'csv') return inRows(text, name, source.column);
  return format === 'jsonl' ? inJsonLines(text, name) : inLines(text, name);
}

function formatOf(file: string | undefined): Format {
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

/** A pipe is as good as a file, so that `--file <(command)` works. */
async function opened(file: string): Promise<Readable> {
  try {
    if ((await stat(file)).isDirectory())
      throw new InputError(`--file ${file}: found a folder, expected a file`);
    const stream = createReadStream(file);
    await new Promise((resolve, reject) => stream.once('open', resolve).once('error', reject));
    return stream;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`--file ${file}: ${fileProblem(error)}`, { cause: error });
  }
}

/** One id a line. A line that starts with `#` is a comment. */
async function* inLines(text: Readable, name: string): AsyncGenerator<Found> {
  for await (const line of linesOf(text, name)) {
    const value = line.text.trim();
    if (!value.startsWith('#')) yield { place: `${name}:${line.number}`, value };
  }
}

/** A string a line, or an object with the field. */
async function* inJsonLines(text: Readable, name: string): AsyncGenerator<Found> {
  for await (const line of linesOf(text, name)) {
    yield { place: `${name}:${line.number}`, value: ofJson(line.text) };
  }
}

function ofJson(text: string): unknown {
  const value = parseJson(text);
  if (value === undefined) return text.trim();
  return typeof value === 'object' && value !== null && FIELD in value ? value[FIELD] : value;
}

/** The named column, or the one named like the field, or the only one, which need not have a name. */
async function* inRows(text: Readable, name: string, wanted: string | undefined): AsyncGenerator<Found> {
  let column: number | undefined;
  for await (const { cells, line } of rowsOf(text, name)) {
    if (column === undefined) {
      column = columnOf(cells, name, wanted);
      // Without a header, the first row is one like the others.
      if (wanted !== undefined || !isMeantAsId(cells[column])) continue;
    }
    yield { place: `${name}:${line}`, value: cells[column] };
  }
}

/** A name of a column is not; an id with a fault is, and must be told, not be taken for a header and left out. */
function isMeantAsId(cell = ''): boolean {
  return /^(?=.*\d)[0-9A-Za-z]{20,32}$/.test(cell) || isId(cell);
}

function columnOf(header: readonly string[], name: string, wanted: string | undefined): number {
  const column = header.indexOf(wanted ?? FIELD);
  if (column >= 0) return column;
  if (wanted === undefined && header.length === 1) return 0;
  const columns = header.slice(0, 20).map(shown).join(', ');
  throw new InputError(
    `${name}: found the columns ${columns}, expected ${shown(wanted ?? FIELD)}${wanted === undefined ? ': add --column NAME' : ''}`,
  );
}
