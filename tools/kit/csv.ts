/** Reads the rows of a CSV text (RFC 4180), in bounded memory whatever is in it. */
import type { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { z } from 'zod';
import { DataFileError } from './errors.ts';

/** No field of a record comes near; a file with an open quote would else be read into memory. */
const LONGEST_RECORD = 100_000;

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
