/** Tests the rows of the jobs on the status page, read from a real jobs table. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { JobList } from '../../../../tools/local/status/job-list.ts';
import { JobReader } from '../../../../tools/local/status/job-rows.ts';
import { DynamoDBJobs } from '../../../../src/adapters/dynamodb/jobs.ts';
import type { Job } from '../../../../src/domain/job.ts';
import { formatTimestamp } from '../../../../src/domain/time.ts';
import { NOW, aJob, anId, makeChunkKey } from '../../../support/builders.ts';
import { type TestTables, openTables } from '../../../support/test-tables.ts';

let tables: TestTables;
let store: DynamoDBJobs;

beforeAll(async () => {
  tables = await openTables();
  store = new DynamoDBJobs(tables.client, tables.jobs);
});
afterAll(() => tables.close());

const signal = new AbortController().signal;

/** Stores a job in the table and adds the log line of its creation to the list. */
async function create(list: JobList, overrides: Partial<Job> = {}): Promise<Job> {
  const job = aJob(overrides);
  await store.commit(job, anId(), NOW);
  addLine(list, job, 'job.created');
  return job;
}

function addLine(list: JobList, { jobId, accountId, projectId }: Job, message: string, more = {}): void {
  list.add({ message, job_id: jobId, account_id: accountId, project_id: projectId, ...more }, NOW + 1);
}

test('a job is followed from its creation to its end', async () => {
  const list = new JobList();
  const jobs = new JobReader(list, tables.client, tables.jobs);
  const job = await create(list);
  const row = {
    jobId: job.jobId,
    action: 'resume',
    accountId: job.accountId,
    projectId: job.projectId,
    createdAt: job.createdAt,
    total: 450,
    milliseconds: null,
    lastAt: NOW + 1,
  };
  expect(await jobs.read(signal)).toEqual([
    { ...row, status: 'Processing', settled: 0, failed: 0, lastEvent: 'job.created' },
  ]);
  await store.addChunk(makeChunkKey(job, 2), false);
  addLine(list, job, 'chunk.settled', { failed: 4 });
  expect(await jobs.read(signal)).toEqual([
    { ...row, status: 'Processing', settled: 50, failed: 4, lastEvent: 'chunk.settled' },
  ]);
  await store.addChunk(makeChunkKey(job, 0), false);
  await store.addChunk(makeChunkKey(job, 1), true);
  addLine(list, job, 'job.finished', { ms: 99 });
  const ended = {
    ...row,
    status: 'Failed',
    settled: 450,
    failed: 4,
    lastEvent: 'job.finished',
    milliseconds: 99,
  };
  expect(await jobs.read(signal)).toEqual([ended]);
});

test('the latest jobs come first, more than one batch is read, and an ended job is read once', async () => {
  const list = new JobList();
  const jobs = new JobReader(list, tables.client, tables.jobs);
  const created = await Promise.all(
    Array.from({ length: 120 }, (_, n) =>
      create(list, { createdAt: formatTimestamp(NOW + n), total: 1, chunkSize: 1 }),
    ),
  );
  await store.addChunk(makeChunkKey(created[0] ?? aJob()), false);
  // The log names a job that is not in the table: it belongs to another table, or is gone.
  addLine(list, aJob(), 'job.created');
  const rows = await jobs.read(signal);
  expect(rows.map(({ jobId }) => jobId)).toEqual(created.map(({ jobId }) => jobId).reverse());
  expect(rows.at(-1)?.status).toBe('Completed');

  const client = tables.client;
  const asked: string[] = [];
  client.middlewareStack.add(
    (next) => (args) => {
      asked.push(JSON.stringify(args.input));
      return next(args);
    },
    { name: 'spy', step: 'initialize' },
  );
  await jobs.read(signal);
  client.middlewareStack.remove('spy');
  expect(asked).toHaveLength(2);
  expect(asked.join('')).not.toContain(created[0]?.jobId ?? '');
  expect(asked.join('')).toContain(created[1]?.jobId ?? '');
});
