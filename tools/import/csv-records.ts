/** Reads records from CSV whose header names the fields, in any order. */
import { ID_PATTERN } from '../../src/domain/ids.ts';
import { findColumn, readRows, type Row } from '../kit/csv.ts';
import { quoteExcerpt } from '../kit/printable.ts';
import { DataFileError } from '../kit/tool-errors.ts';
import {
  OPTIONAL_FIELDS,
  PROJECT_FIELDS,
  TARGET_GROUP_FIELDS,
  readRecord,
  type RecordAtLine,
} from './records.ts';

const NUMBERS = ['account_id', 'completes_goal', 'current_completes'];

const FIELDS = ['type', ...TARGET_GROUP_FIELDS, ...OPTIONAL_FIELDS];

/**
 * Yields the records of a CSV text. The column `type` names the kind of a row; without it every row is a
 * target group. An empty cell is an absent field. Columns that are no fields are ignored.
 *
 * @param name of the text, for errors
 * @param now time of last change of the target groups: RFC 3339, UTC, milliseconds, `Z`
 * @param onIgnored gets the names of the columns that are ignored
 * @throws DataFileError for a header without the fields that every row needs, or for text that is not CSV
 */
export async function* readCsv(
  text: AsyncIterable<string>,
  name: string,
  now: string,
  onIgnored: (columns: readonly string[]) => void = () => undefined,
): AsyncGenerator<RecordAtLine> {
  let columns: ReadonlyMap<string, number> | undefined;
  for await (const row of readRows(text, name, { names: FIELDS, id: ID_PATTERN })) {
    const { cells, line, problem } = row;
    if (columns === undefined) {
      columns = findColumns(row, name);
      const used = new Set(columns.values());
      onIgnored(cells.filter((cell, i) => cell !== '' && !used.has(i)));
      continue;
    }
    const fields = readFields(columns, cells);
    yield {
      line,
      read: () => {
        if (problem !== undefined) throw new DataFileError(name, line, problem);
        return readRecord(name, line, fields, now);
      },
    };
  }
}

/** Returns the index of each field that has a column. */
function findColumns(header: Row, name: string): ReadonlyMap<string, number> {
  const columns = new Map<string, number>();
  for (const field of FIELDS) {
    const index = findColumn(header, field, name);
    if (index !== undefined) columns.set(field, index);
  }
  const required = columns.has('type') ? PROJECT_FIELDS : TARGET_GROUP_FIELDS;
  const missing = required.filter((field) => !columns.has(field));
  if (missing.length === 0) return columns;
  const found = header.cells.slice(0, 20).map(quoteExcerpt).join(', ');
  throw new DataFileError(
    name,
    header.line,
    `found the columns ${found}, expected also ${missing.join(', ')}: the first row names the fields`,
  );
}

function readFields(columns: ReadonlyMap<string, number>, cells: readonly string[]): object {
  const given = [...columns]
    .map(([name, index]) => [name, cells[index] ?? ''] as const)
    .filter(([, text]) => text !== '');
  const fields = given.map(
    ([name, text]) => [name, NUMBERS.includes(name) ? parseNumber(text) : text] as const,
  );
  return { type: 'target_group', ...Object.fromEntries(fields) };
}

/**
 * Returns a text that is not a whole number unchanged, so that the error message can show it. `5.0` is one,
 * which programs write for 5, but `5.000` may be five thousand. A number of too many digits is not exact.
 */
function parseNumber(text: string): number | string {
  const [, digits] = /^0*(\d+?)(?:\.00?)?$/.exec(text) ?? [];
  return digits !== undefined && String(Number(digits)) === digits ? Number(digits) : text;
}
