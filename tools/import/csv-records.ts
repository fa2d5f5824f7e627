/** Reads records from CSV whose header names the fields, in any order. */
import { createReadStream } from 'node:fs';
import { readRows } from '../kit/csv.ts';
import { requireFile } from '../kit/read-lines.ts';
import { type DataRecord, readRecord } from './records.ts';

const NUMBERS = ['account_id', 'completes_goal', 'current_completes'];

/**
 * Yields the records of a CSV file (RFC 4180; a byte order mark and other line ends are accepted). The column
 * `type` names the kind of a row; without it every row is a target group. An empty cell is an absent field.
 *
 * @param option the command line option that names the file
 * @param now time of last change of the target groups: RFC 3339, UTC, milliseconds, `Z`
 * @throws UsageError when the file cannot be read, DataFileError for the first bad row
 */
export async function* readCsv(file: string, option: string, now: string): AsyncGenerator<DataRecord> {
  await requireFile(file, option);
  let header: readonly string[] | undefined;
  for await (const { cells, line } of readRows(createReadStream(file), file)) {
    if (header === undefined) header = cells;
    else yield readRecord(file, line, readFields(header, cells), now);
  }
}

function readFields(header: readonly string[], cells: readonly string[]): object {
  const given = header.map((name, i) => [name, cells[i] ?? ''] as const).filter(([, text]) => text !== '');
  const fields = given.map(
    ([name, text]) => [name, NUMBERS.includes(name) ? parseNumber(text) : text] as const,
  );
  return { type: 'target_group', ...Object.fromEntries(fields) };
}

/** Returns a text that is not a number unchanged, so that the error message can show it. */
function parseNumber(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
