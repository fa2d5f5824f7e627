/** Opens the adapters of the three ports of the jobs table, which the port suites run against. */
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { FailureGroup, Job } from '../../src/domain/job.ts';
import { NOW, aJob, anId } from '../support/builders.ts';
import { type JobStore, openDynamoDBJobStore, makeMemoryJobStore } from '../support/jobs-table-ports.ts';
import { type TestTables, openTables } from '../support/test-tables.ts';

export const FAILURES: FailureGroup[] = [
  { code: 'TargetGroupNotFound', description: 'Not there.', positions: [0, 2] },
  { code: 'StatusTransitionNotAllowed', description: 'It is a draft.', positions: [199] },
];

let tables: TestTables | undefined;

/**
 * Returns the tables of the suite that imports this file.
 * @throws Error if the suite has not started
 */
export function getSuiteTables(): TestTables {
  if (tables === undefined) throw new Error('there are no tables');
  return tables;
}

beforeAll(async () => {
  tables = await openTables();
});
afterAll(() => tables?.close());

export const JOB_STORES: [string, () => JobStore][] = [
  ['memory', makeMemoryJobStore],
  [
    'DynamoDB',
    () => {
      const { client, jobs } = getSuiteTables();
      return openDynamoDBJobStore(client, jobs);
    },
  ],
];

/** Commits a job whose id no other test uses, and returns it. */
export async function commitJob({ jobs }: JobStore, overrides: Partial<Job>): Promise<Job> {
  const job = aJob(overrides);
  expect(await jobs.commit(job, anId(), NOW)).toBe('created');
  return job;
}
