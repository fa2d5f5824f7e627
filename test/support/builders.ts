/** Builds valid test data; a test gives only the values that matter to it. */
import { deriveJobId, hashIds } from '../../src/domain/digest.ts';
import type { ChunkKey, Job, Look } from '../../src/domain/job.ts';
import type { TargetGroup } from '../../src/domain/target-group.ts';

export const TENANT = { accountId: 101, projectId: 'PR0JECT0000000000000000001' };
export const CREATOR = '0190a8f0-5b7e-7c3a-9d55-3f1b6a2c4e11';
export const TRACE = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'x=1' };

/** The present time of the tests, in epoch milliseconds. */
export const NOW = Date.UTC(2026, 0, 15, 12);
/** The same time as a timestamp. */
export const AT = new Date(NOW).toISOString();

/** When reconcile first looks at a job that was created then. */
const DUE = new Date(NOW + 600_000).toISOString();

let counter = 0;

/** Returns a new id at each call. */
export function anId(prefix = 'T'): string {
  counter += 1;
  return (
    prefix +
    counter
      .toString(36)
      .toUpperCase()
      .padStart(26 - prefix.length, '0')
  );
}

export function makeIds(count: number, prefix = 'T'): string[] {
  return Array.from({ length: count }, () => anId(prefix));
}

/** Builds a paused target group that may be resumed. */
export function aTargetGroup(overrides: Partial<TargetGroup> = {}): TargetGroup {
  return {
    ...TENANT,
    targetGroupId: anId(),
    fieldingRunId: anId('R'),
    status: 'paused',
    completesGoal: 100,
    currentCompletes: 5,
    startFieldingAt: new Date(NOW - 86_400_000).toISOString(),
    endFieldingAt: new Date(NOW + 86_400_000).toISOString(),
    version: 3,
    lastChangedAt: new Date(NOW - 3_600_000).toISOString(),
    lastChangedBy: CREATOR,
    marks: [],
    ...overrides,
  };
}

/** Builds what reconcile notes about a job that it has not looked at yet. */
export function aLook(overrides: Partial<Look> = {}): Look {
  return { dueAt: DUE, settled: 0, resends: 0, giveUps: 0, ...overrides };
}

/** Builds a job that was just created, with its first look in ten minutes and its deadline in an hour. */
export function aJob(overrides: Partial<Job> = {}): Job {
  const createdAt = Date.parse(overrides.createdAt ?? AT);
  return {
    ...TENANT,
    jobId: deriveJobId({ ...TENANT, action: 'resume', idempotencyKey: anId() }),
    action: 'resume',
    createdAt: AT,
    createdBy: CREATOR,
    bodyHash: hashIds(['x']),
    total: 450,
    chunkSize: 200,
    expiresAt: NOW / 1000 + 86_400,
    settled: new Set(),
    broken: new Set(),
    look: aLook({ dueAt: new Date(createdAt + 600_000).toISOString() }),
    deadlineAt: new Date(createdAt + 3_600_000).toISOString(),
    ...overrides,
  };
}

export function makeChunkKey(job: Job, index = 0): ChunkKey {
  const { accountId, projectId, jobId } = job;
  return { accountId, projectId, jobId, createdAt: job.createdAt, expiresAt: job.expiresAt, index };
}
