/**
 * Imports a file: checks all of it, then writes the records that no earlier run wrote, and stores its
 * progress.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { formatTimestamp } from '../../src/domain/time.ts';
import { Faults } from '../kit/faults.ts';
import { readLines, readText } from '../kit/read-lines.ts';
import { DataFileError, UsageError } from '../kit/tool-errors.ts';
import { Checkpoint } from './checkpoint.ts';
import { readCsv } from './csv-records.ts';
import { DoubledTargetGroups } from './doubled-target-groups.ts';
import { parseLine, type RecordAtLine } from './records.ts';
import { type Counts, type Existing, Writer } from './writer.ts';

const SAVE_EVERY_MS = 1_000;

/** Records. Progress of the check is reported after each such number of them. */
const CHECK_PROGRESS = 20_000;

export interface Source {
  readonly file: string;
  /** What errors call the file. Default: its path. */
  readonly name?: string | undefined;
  readonly format: 'jsonl' | 'csv';
  /** Time of last change of the target groups, in epoch ms. */
  readonly now: number;
  /** Whether a repeated command can read the same file again, so that its progress is stored beside it. */
  readonly repeatable?: boolean;
}

export interface Destination {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** The emulator's address or the region; with the table it identifies the target of the import. */
  readonly where: string;
  readonly existing: Existing;
}

export interface Reporter {
  /** Called during the check, with the number of records so far. */
  readonly checking: (records: number) => void;
  /** Called when the file is valid. `done`: how many of its records an earlier run wrote. */
  readonly start: (contents: Contents, done: number) => void;
  readonly progress: (done: number) => void;
}

/** What a file contains. */
export interface Contents {
  readonly projects: number;
  readonly targetGroups: number;
  /** Records of target groups that stood in the file before, with the same values. */
  readonly repeated: number;
  /** Columns of a CSV file that are no fields. */
  readonly ignoredColumns: readonly string[];
}

/**
 * Checks every record of a file.
 * @throws UsageError with the first 20 faults, or when the file cannot be read
 */
export async function checkFile(
  source: Source,
  report: Pick<Reporter, 'checking'> = { checking: () => undefined },
  signal?: AbortSignal,
): Promise<Contents> {
  const found = { projects: 0, targetGroups: 0, repeated: 0 };
  let ignoredColumns: readonly string[] = [];
  const name = source.name ?? source.file;
  const doubled = new DoubledTargetGroups();
  const faults = new Faults();
  const records = readRecords(source, (columns) => (ignoredColumns = columns));
  let count = 0;
  for await (const { line, read } of faults.watch(records)) {
    signal?.throwIfAborted();
    if (++count % CHECK_PROGRESS === 0) report.checking(count);
    try {
      const record = read();
      if (record.type === 'project') found.projects += 1;
      else found.targetGroups += 1;
      if (doubled.check(name, line, record)) found.repeated += 1;
    } catch (error) {
      if (!(error instanceof DataFileError)) throw error;
      faults.add(error.message);
    }
  }
  if (faults.count > 0) throw new UsageError(faults.text);
  return { ...found, ignoredColumns };
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
  const contents = await checkFile(source, report, signal);
  const target = JSON.stringify([to.where, to.table, to.existing]);
  const checkpoint = source.repeatable === false ? undefined : await Checkpoint.open(source.file, target);
  const done = (await checkpoint?.readDone()) ?? 0;
  // Before the first write: an import that cannot store its progress would end in the middle.
  await checkpoint?.save(done);
  report.start(contents, done);
  const writer = new Writer(to.client, to.table, to.existing, done, signal);
  let savedAt = Date.now();
  let number = 0;
  try {
    for await (const { read } of readRecords(source)) {
      if (signal?.aborted === true) break;
      number += 1;
      if (number <= done) continue;
      await writer.put(read());
      if (Date.now() - savedAt >= SAVE_EVERY_MS) {
        savedAt = Date.now();
        await checkpoint?.save(writer.done);
        report.progress(writer.done);
      }
    }
    await writer.flush();
  } finally {
    await writer.waitForWrites();
    await (writer.done > 0 ? checkpoint?.save(writer.done) : checkpoint?.remove());
  }
  const finished = writer.done >= contents.projects + contents.targetGroups;
  if (finished) await checkpoint?.remove();
  return { counts: writer.counts, finished };
}

async function* readRecords(
  { file, name = file, format, now }: Source,
  onIgnored?: (columns: readonly string[]) => void,
): AsyncGenerator<RecordAtLine> {
  const changedAt = formatTimestamp(now);
  const text = readText(file, '--file', name);
  if (format === 'csv') {
    yield* readCsv(text, name, changedAt, onIgnored);
    return;
  }
  for await (const line of readLines(text, name)) {
    yield { line: line.number, read: () => parseLine(name, line, changedAt) };
  }
}
