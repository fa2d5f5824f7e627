/** Reads the rows of a CSV text (RFC 4180) in bounded memory. */
import type { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { z } from 'zod';
import { DataFileError } from './tool-errors.ts';

/**
 * Characters. Real records are far shorter; without a limit, an unclosed quote would read all into memory.
 */
const LONGEST_RECORD = 100_000;

const rowShape = z.object({
  record: z.array(z.string()),
  info: z.object({ lines: z.number() }),
});

export interface Row {
  readonly cells: readonly string[];
  /** Number of the line on which the row ends, from 1. */
  readonly line: number;
}

/**
 * Yields the rows of a CSV text, with trimmed cells and without empty rows. All have as many cells as the
 * first.
 *
 * @param name of the text, for errors
 * @throws DataFileError for text that is not CSV
 */
export async function* readRows(source: Readable, name: string): AsyncGenerator<Row> {
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
