/** Finds the character that separates the cells of a CSV text, by the names in its first row. */
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { DataFileError } from './tool-errors.ts';

/** Excel writes `;` where the comma is the decimal sign, and tabs as "Unicode Text". */
const DELIMITERS = [',', ';', '\t', '|'];

/** The options with which both readers of rows parse; quotes within a cell are characters. */
export const CSV_OPTIONS = {
  ltrim: true,
  record_delimiter: '\n',
  relax_column_count: true,
  relax_quotes: true,
} as const;

/** A line before the header that names the delimiter, for Excel. */
const SEPARATOR_LINE = /^ *"?sep=([^\w\s"]|\t)"?[ ,;\t|]*(?=\n|$)/i;

/** Blank lines and rows of empty cells before the first row. */
const EMPTY_ROWS = /^(?:[\s,;|"]*\n)+/;

const rowsShape = z.array(z.array(z.string()));

export interface CsvStart {
  /** Several for a table of one column, whose rows may end in an empty cell. */
  readonly delimiters: readonly string[];
  /** How many characters of the text are no row: the line that names the delimiter, without its end. */
  readonly skip: number;
  /** Whether the first row has a name that was looked for. */
  readonly hasHeader: boolean;
}

/** The form in which names of columns are compared: without spaces around, in any case. */
export function normalizeName(name: string): string {
  return name.trim().toLowerCase();
}

/**
 * Finds the delimiter under which the first row has the most of the names.
 * @param start of the text, with the whole first row
 * @param name of the text, for errors
 * @param names of columns that the reader knows
 * @throws DataFileError when two delimiters are as good
 */
export function findDelimiter(start: string, name: string, names: readonly string[]): CsvStart {
  const known = new Set(names.map(normalizeName));
  const separator = SEPARATOR_LINE.exec(start);
  const skip = separator?.[0].length ?? 0;
  const text = start.slice(skip).replace(EMPTY_ROWS, '');
  const candidates = (separator?.[1] === undefined ? DELIMITERS : [separator[1]]).map((delimiter) => {
    const cells = parseFirstRow(text, delimiter);
    return { delimiter, cells, matches: cells.filter((cell) => known.has(normalizeName(cell))).length };
  });
  const matches = Math.max(...candidates.map((candidate) => candidate.matches));
  const best = candidates.filter((candidate) => candidate.matches === matches);
  const several = best.filter(({ cells }) => cells.length > 1);
  const hasHeader = matches > 0;
  if (hasHeader && several.length > 0 && best.length > 1) {
    const line = start.slice(0, start.length - text.length).split('\n').length;
    throw new DataFileError(name, line, 'found a header with more than one delimiter, expected one');
  }
  const delimiters = (several.length > 0 ? several.slice(0, 1) : best).map(({ delimiter }) => delimiter);
  return { delimiters, skip, hasHeader };
}

/** Returns the cells of the first row, none for text that is not CSV. */
function parseFirstRow(text: string, delimiter: string): readonly string[] {
  try {
    return rowsShape.parse(parse(text, { ...CSV_OPTIONS, delimiter, to: 1 }))[0] ?? [];
  } catch {
    return [];
  }
}
