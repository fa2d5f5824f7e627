/** Fills the table of target groups from a data file, or with demo data. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { formatTimestamp } from '../../../src/domain/time.ts';
import { generateDemoRecords } from './demo.ts';
import { readLines, readText } from '../../kit/read-lines.ts';
import { type DataRecord, parseLine } from '../../import/records.ts';
import { type Sample, SampleFinder } from './sample.ts';
import { BatchWriter } from './write.ts';

/** Progress is reported after each such number of records. */
const PROGRESS_RECORDS = 100_000;

/** How much the data contains, and an example from it. */
export interface Seed {
  readonly records: number;
  readonly sample: Sample | undefined;
}

/**
 * Checks a whole data file, or the demo data, without writing anything.
 * @param now epoch milliseconds
 * @throws DataFileError for the first invalid line, UsageError when the file cannot be read
 */
export async function checkData(file: string | undefined, now: number): Promise<Seed> {
  let records = 0;
  const finder = new SampleFinder();
  for await (const record of readRecords(file, now)) {
    records += 1;
    finder.add(record);
  }
  return { records, sample: finder.sample };
}

export interface Destination {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
  readonly signal?: AbortSignal;
  /** Called from time to time with the number of records that were passed to the writer. */
  readonly progress?: (records: number) => void;
}

/**
 * Writes the records of a checked data file, or the demo data.
 * @param now epoch milliseconds
 */
export async function writeData(file: string | undefined, now: number, to: Destination): Promise<void> {
  const writer = new BatchWriter(to.dynamodb, to.table);
  let records = 0;
  for await (const record of readRecords(file, now)) {
    to.signal?.throwIfAborted();
    await writer.put(record);
    records += 1;
    if (records % PROGRESS_RECORDS === 0) to.progress?.(records);
  }
  await writer.flush();
}

async function* readRecords(file: string | undefined, now: number): AsyncGenerator<DataRecord> {
  if (file === undefined) {
    yield* generateDemoRecords(now);
    return;
  }
  const changedAt = formatTimestamp(now);
  for await (const line of readLines(readText(file, '--data'), file)) yield parseLine(file, line, changedAt);
}
