/** Fills the table of target groups from a data file, or with demo data. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { formatTimestamp } from '../../../src/domain/time.ts';
import { generateDemoRecords } from './demo.ts';
import { readLines, readText } from '../../kit/read-lines.ts';
import { DoubledTargetGroups } from '../../import/doubled-target-groups.ts';
import { type DataRecord, parseLine } from '../../import/records.ts';
import { Writer } from '../../import/writer.ts';
import { type Sample, SampleFinder } from './sample.ts';
import { BatchWriter } from './write.ts';

/** Progress is reported after each such number of records. */
const PROGRESS_RECORDS = 100_000;

/** The data of a stack: a file, or demo data. */
export interface DataSource {
  /** Path of a JSON Lines file. */
  readonly file?: string | undefined;
  /** Number of target groups of the demo data. */
  readonly demoSize?: number | undefined;
}

/** How much the data contains, and an example from it. */
export interface Seed {
  readonly records: number;
  readonly sample: Sample | undefined;
}

/**
 * Checks all data without writing anything.
 * @param now epoch milliseconds
 * @throws DataFileError for the first invalid line, UsageError when the file cannot be read
 */
export async function checkData(source: DataSource, now: number): Promise<Seed> {
  let records = 0;
  const finder = new SampleFinder();
  const doubled = new DoubledTargetGroups();
  for await (const { line, record } of readRecords(source, now)) {
    records += 1;
    finder.add(record);
    if (source.file !== undefined) doubled.check(source.file, line, record);
  }
  return { records, sample: finder.sample };
}

export interface Destination {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
  /** Whether the table may have target groups, which jobs have moved: then those are left alone. */
  readonly inUse: boolean;
  readonly signal?: AbortSignal;
  /** Called from time to time with the number of records that were passed to the writer. */
  readonly progress?: (records: number) => void;
}

/**
 * Writes the records of a checked data file, or the demo data.
 * @param now epoch milliseconds
 * @returns how many target groups were left as they were
 */
export async function writeData(source: DataSource, now: number, to: Destination): Promise<number> {
  const keeping = new Writer(to.dynamodb, to.table, 'skip');
  const writer = to.inUse ? keeping : new BatchWriter(to.dynamodb, to.table);
  let records = 0;
  for await (const { record } of readRecords(source, now)) {
    to.signal?.throwIfAborted();
    await writer.put(record);
    records += 1;
    if (records % PROGRESS_RECORDS === 0) to.progress?.(records);
  }
  await writer.flush();
  return keeping.counts.skipped;
}

async function* readRecords(
  { file, demoSize }: DataSource,
  now: number,
): AsyncGenerator<{ line: number; record: DataRecord }> {
  if (file === undefined) {
    for (const record of generateDemoRecords(now, demoSize)) yield { line: 0, record };
    return;
  }
  const changedAt = formatTimestamp(now);
  for await (const line of readLines(readText(file, '--data'), file)) {
    yield { line: line.number, record: parseLine(file, line, changedAt) };
  }
}
