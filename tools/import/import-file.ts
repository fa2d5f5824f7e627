/**
 * Imports a file: checks all of it, then writes the records that no earlier run wrote, and stores its
 * progress.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { formatTimestamp } from '../../src/domain/time.ts';
import { readLines } from '../kit/read-lines.ts';
import { Checkpoint } from './checkpoint.ts';
import { readCsv } from './csv-records.ts';
import { type DataRecord, parseLine } from './records.ts';
import { type Counts, type Existing, Writer } from './writer.ts';

const SAVE_EVERY_MS = 1_000;

export interface Source {
  readonly file: string;
  readonly format: 'jsonl' | 'csv';
  /** Time of last change of the target groups, in epoch ms. */
  readonly now: number;
}

export interface Destination {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** The emulator's address or the region; with the table it identifies the target of the import. */
  readonly where: string;
  readonly existing: Existing;
}

export interface Reporter {
  /** Called when the file is valid. `done`: how many of its records an earlier run wrote. */
  readonly start: (contents: Contents, done: number) => void;
  readonly progress: (done: number) => void;
}

/** How many records a file has. */
export interface Contents {
  readonly projects: number;
  readonly targetGroups: number;
}

/**
 * Checks every record of a file.
 * @throws DataFileError for the first invalid record, UsageError when the file cannot be read
 */
export async function checkFile(source: Source): Promise<Contents> {
  const found = { projects: 0, targetGroups: 0 };
  for await (const { type } of readRecords(source)) {
    if (type === 'project') found.projects += 1;
    else found.targetGroups += 1;
  }
  return found;
}

/**
 * Imports a file; a repeated call continues where an interrupted one stopped.
 * @param signal stops the import after the writes that are in flight
 * @throws the errors of `checkFile` before anything is written; the client's error when a write fails after
 *   all its attempts
 */
export async function importFile(
  source: Source,
  to: Destination,
  report: Reporter,
  signal?: AbortSignal,
): Promise<{ counts: Counts; finished: boolean }> {
  const contents = await checkFile(source);
  const checkpoint = await Checkpoint.open(source.file, JSON.stringify([to.where, to.table, to.existing]));
  const done = await checkpoint.readDone();
  report.start(contents, done);
  const writer = new Writer(to.client, to.table, to.existing, done);
  let savedAt = Date.now();
  let number = 0;
  try {
    for await (const record of readRecords(source)) {
      if (signal?.aborted === true) break;
      number += 1;
      if (number <= done) continue;
      await writer.put(record);
      if (Date.now() - savedAt >= SAVE_EVERY_MS) {
        savedAt = Date.now();
        await checkpoint.save(writer.done);
        report.progress(writer.done);
      }
    }
    await writer.flush();
  } finally {
    await writer.waitForWrites();
    await checkpoint.save(writer.done);
  }
  const finished = writer.done >= contents.projects + contents.targetGroups;
  if (finished) await checkpoint.remove();
  return { counts: writer.counts, finished };
}

async function* readRecords({ file, format, now }: Source): AsyncGenerator<DataRecord> {
  const changedAt = formatTimestamp(now);
  if (format === 'csv') yield* readCsv(file, '--file', changedAt);
  else for await (const line of readLines(file, '--file')) yield parseLine(file, line, changedAt);
}
