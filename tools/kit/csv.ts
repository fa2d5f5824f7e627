/** Reads the rows of a CSV text (RFC 4180), as spreadsheets and databases export it, in bounded memory. */
import { CsvError, parse } from 'csv-parse';
import { parse as parseAtOnce } from 'csv-parse/sync';
import { z } from 'zod';
import { CSV_OPTIONS, findDelimiter, normalizeName } from './delimiter.ts';
import { quoteExcerpt } from './printable.ts';
import { DataFileError, UsageError } from './tool-errors.ts';

/**
 * Characters. Real records are far shorter; without a limit, an unclosed quote would read all into memory.
 */
const LONGEST_RECORD = 100_000;

const OPEN_QUOTE = 'found a quote that is not closed in its row, expected one at the end of its cell';

const TOO_LONG = `found a row of more than ${LONGEST_RECORD} characters`;

const rowShape = z.object({
  record: z.array(z.string()),
  raw: z.string(),
  info: z.object({ lines: z.number() }),
});

export interface Row {
  /** As many as the first row has, without spaces around. Cells that are missing at the end are empty. */
  readonly cells: readonly string[];
  /** Number of the line on which the row ends, from 1. */
  readonly line: number;
  /** What is wrong with the form of the row. */
  readonly problem?: string;
}

/** What the reader of a table knows about it. */
export interface TableKind {
  /** Names of its columns. A first row with one of them is a header. */
  readonly names: readonly string[];
  /** Form of the ids of its rows. A cell of several lines that holds such a cell has swallowed a row. */
  readonly id: RegExp;
}

/** Reads the start of a text, and returns it with the whole text. */
export async function peek(
  text: AsyncIterable<string>,
): Promise<{ start: string; text: AsyncGenerator<string> }> {
  const chunks: AsyncIterator<string, unknown> = text[Symbol.asyncIterator]();
  let start = '';
  while (start.length < LONGEST_RECORD) {
    const next = await chunks.next();
    if (next.done === true) break;
    start += next.value;
  }
  async function* join(): AsyncGenerator<string> {
    yield start;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return { start, text: join() };
}

/**
 * Yields the rows of a CSV text, the header first, and no row whose cells are all empty. The delimiter is a
 * comma, semicolon, tab or bar; the header, or a line `sep=` before it, decides which one.
 *
 * A row may have more cells than the header if they are empty, and fewer: Excel writes both.
 * https://en.wikipedia.org/wiki/Comma-separated_values#Application_support
 *
 * @param name of the text, for errors
 * @throws DataFileError for text that is not CSV
 */
export async function* readRows(
  source: AsyncIterable<string>,
  name: string,
  { names, id }: TableKind,
): AsyncGenerator<Row> {
  const { start, text } = await peek(source);
  const { delimiters, skip } = findDelimiter(start, name, names);
  let width: number | undefined;
  let line = 0;
  for await (const found of parseRows(dropCharacters(text, skip), delimiters)) {
    if (typeof found === 'string') throw new DataFileError(name, line + 1, `not CSV: ${found}`);
    const { record, raw, info } = found;
    const first = line + 1;
    line = info.lines;
    const cells = record.map(trimCell);
    if (cells.every((cell) => cell === '')) continue;
    if (record.some((cell) => cell.includes('\n'))) {
      if (hasRowWithin(cells, delimiters, id) || !hasStrictQuotes(raw, delimiters)) {
        throw new DataFileError(name, first, `not CSV: ${OPEN_QUOTE}`);
      }
    }
    width ??= cells.findLastIndex((cell) => cell !== '') + 1;
    yield fitRow(cells, width, line);
  }
  if (width === undefined) throw new UsageError(`${name}: found no row, expected a header`);
}

type ParsedRow = z.infer<typeof rowShape>;

/**
 * Yields the rows of a text, and last what is wrong, if anything ends it. The stream of csv-parse would drop
 * the rows that it has parsed before an error.
 */
async function* parseRows(
  text: AsyncIterable<string>,
  delimiters: readonly string[],
): AsyncGenerator<ParsedRow | string> {
  let rows: ParsedRow[] = [];
  let failure: Error | undefined;
  const parser = parse({
    ...CSV_OPTIONS,
    delimiter: [...delimiters],
    info: true,
    max_record_size: LONGEST_RECORD,
    on_record: (row: unknown) => {
      rows.push(rowShape.parse(row));
      return null;
    },
    raw: true,
    skip_empty_lines: true,
  });
  parser.on('error', (error) => (failure = error));
  const takeRows = () => {
    const taken = rows;
    rows = [];
    return taken;
  };
  const settle = (act: (done: () => void) => unknown) =>
    new Promise<void>((resolve) => {
      act(resolve);
    });
  let longLine: string | undefined;
  for await (const lines of takeLines(text, () => (longLine = TOO_LONG))) {
    await settle((done) => parser.write(lines, done));
    yield* takeRows();
    if (failure !== undefined) break;
  }
  if (failure === undefined) await settle((done) => parser.once('error', done).end(done));
  yield* takeRows();
  if (failure instanceof CsvError) yield describeProblem(failure);
  else if (failure !== undefined) throw failure;
  else if (longLine !== undefined) yield longLine;
}

/**
 * Yields a text in parts that end with a line, up to a line that is too long. `max_record_size` of csv-parse
 * counts neither separators nor spaces around cells: a row of 100 MB of commas would become as many cells.
 */
async function* takeLines(text: AsyncIterable<string>, onLongLine: () => void): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of text) {
    const part = rest + chunk;
    let start = 0;
    for (let end = part.indexOf('\n'); end >= 0; end = part.indexOf('\n', start)) {
      if (end - start > LONGEST_RECORD) break;
      start = end + 1;
    }
    yield part.slice(0, start);
    rest = part.slice(start);
    if (rest.length > LONGEST_RECORD) {
      onLongLine();
      return;
    }
  }
  yield rest;
}

/**
 * Finds a column by its name.
 * @returns its index; undefined when there is none
 * @throws DataFileError when the name stands there twice
 */
export function findColumn(header: Row, column: string, name: string): number | undefined {
  const names = header.cells.map(normalizeName);
  const index = names.indexOf(normalizeName(column));
  if (index < 0) return undefined;
  if (names.lastIndexOf(normalizeName(column)) !== index) {
    throw new DataFileError(
      name,
      header.line,
      `${column}: found more than one column of this name, expected one`,
    );
  }
  return index;
}

async function* dropCharacters(text: AsyncIterable<string>, count: number): AsyncGenerator<string> {
  let left = count;
  for await (const chunk of text) {
    if (chunk.length > left) yield chunk.slice(left);
    left = Math.max(0, left - chunk.length);
  }
}

/** Removes spaces around a cell, and the quotes of one that has spaces after them. */
function trimCell(cell: string): string {
  return (/^"([^"]*)"[ \t]+$/.exec(cell)?.[1] ?? cell).trim();
}

function fitRow(cells: readonly string[], width: number, line: number): Row {
  const more = cells.slice(width).find((cell) => cell !== '');
  const fitted = Array.from({ length: width }, (_, i) => cells[i] ?? '');
  if (more === undefined) return { cells: fitted, line };
  const last = cells.findLastIndex((cell) => cell !== '') + 1;
  return {
    cells: fitted,
    line,
    problem: `found ${last} cells, ${quoteExcerpt(more)} among them, expected ${width}`,
  };
}

/** Whether a cell of several lines has a line with an id in a cell: then its quote was not meant. */
function hasRowWithin(cells: readonly string[], delimiters: readonly string[], id: RegExp): boolean {
  const isId = (text: string) => id.test(text.trim().replace(/^"(.*)"$/, '$1'));
  const splitLine = (text: string) =>
    delimiters.reduce((parts, delimiter) => parts.flatMap((part) => part.split(delimiter)), [text]);
  return cells.some((cell) =>
    cell
      .split('\n')
      .slice(1)
      .some((text) => splitLine(text).some(isId)),
  );
}

/** Whether a row is CSV by the letter. A quote within a cell is a character only in a row of one line. */
function hasStrictQuotes(raw: string, delimiters: readonly string[]): boolean {
  try {
    parseAtOnce(raw, { ...CSV_OPTIONS, trim: true, relax_quotes: false, delimiter: [...delimiters] });
    return true;
  } catch {
    return false;
  }
}

function describeProblem(error: CsvError): string {
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return OPEN_QUOTE;
  if (error.code === 'CSV_MAX_RECORD_SIZE') return TOO_LONG;
  return error.message;
}
