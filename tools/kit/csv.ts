/** Reads records from CSV with a header: the names of the fields, in any order. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { z } from 'zod';
import { DataFileError } from './errors.ts';
import { requireFile } from './lines.ts';
import { type DataRecord, readRecord } from '../import/records.ts';

/** No field of a record comes near; a file with an open quote would else be read into memory. */
const LONGEST_RECORD = 100_000;

const NUMBERS = ['account_id', 'completes_goal', 'current_completes'];

const rowShape = z.object({
  record: z.array(z.string()),
  info: z.object({ lines: z.number() }),
});

export interface Row {
  readonly cells: readonly string[];
  /** From 1: where it ends. */
  readonly line: number;
}

/**
 * The records of a CSV file (RFC 4180; a byte order mark and other line ends are fine). A column `type` says what
 * a row is; without it each is a target group. An empty cell is a field that is not there.
 *
 * @param option of the command line that names the file
 * @param now RFC 3339, UTC, milliseconds, `Z`: when the target groups count as last changed
 * @throws UsageError when the file cannot be read, DataFileError for the first bad row
 */
export async function* readCsv(file: string, option: string, now: string): AsyncGenerator<DataRecord> {
  await requireFile(file, option);
  let header: readonly string[] | undefined;
  for await (const { cells, line } of rowsOf(createReadStream(file), file)) {
    if (header === undefined) header = cells;
    else yield readRecord(file, line, fieldsOf(header, cells), now);
  }
}

/**
 * The rows of a CSV text, trimmed, without those that are empty. All have as many cells as the first.
 *
 * @param name of it, for errors
 * @throws DataFileError for what is not CSV
 */
export async function* rowsOf(source: Readable, name: string): AsyncGenerator<Row> {
  const parser = parse({
    bom: true,
    info: true,
    max_record_size: LONGEST_RECORD,
    skip_empty_lines: true,
    trim: true,
  });
  source.on('error', (error) => parser.destroy(error)).pipe(parser);
  try {
    for await (const row of parser) {
      const { record, info } = rowShape.parse(row);
      yield { cells: record, line: info.lines };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = z.number().catch(parser.info.lines).parse(error['lines']);
    throw new DataFileError(name, line, `not CSV: ${error.message}`);
  } finally {
    source.destroy();
  }
}

function fieldsOf(header: readonly string[], cells: readonly string[]): object {
  const given = header.map((name, i) => [name, cells[i] ?? ''] as const).filter(([, text]) => text !== '');
  const fields = given.map(([name, text]) => [name, NUMBERS.includes(name) ? numberOr(text) : text] as const);
  return { type: 'target_group', ...Object.fromEntries(fields) };
}

/** What is no number stays as it is, so that the message can show it. */
function numberOr(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
