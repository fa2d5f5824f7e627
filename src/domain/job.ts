/** A bulk job: what was asked for, how it is cut into chunks, and what its progress says of its status. */
import type { Action } from './actions.ts';
import type { Failure, Outcome } from './outcome.ts';
import type { Tenant } from './ids.ts';

/** A job that has ended does not change any more: all but the first are the end. */
export const JOB_STATUSES = ['Processing', 'Completed', 'Failed'] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/** Names a job. An id alone reaches none: whose job it is belongs to its name. */
export interface JobKey extends Tenant {
  readonly jobId: string;
}

/** The job as its one small item keeps it: no ids, no outcomes. */
export interface Job extends JobKey {
  readonly action: Action;
  /** RFC 3339, UTC, milliseconds, `Z`. With the job id it names this very creation of the job. */
  readonly createdAt: string;
  /** The creator, a UUID. */
  readonly createdBy: string;
  /** SHA-256 of the canonical ids, hexadecimal. */
  readonly bodyHash: string;
  /** How many distinct target groups were asked for. */
  readonly total: number;
  /** Target groups per chunk. */
  readonly chunkSize: number;
  /** Epoch seconds after which the job is forgotten. */
  readonly expiresAt: number;
  /** The chunks that have their result. */
  readonly settled: ReadonlySet<number>;
  /** The settled chunks in which a target group ended as `InternalError`. */
  readonly broken: ReadonlySet<number>;
  /** Whether it still stands in the index of open jobs. */
  readonly open: boolean;
}

/** Names one chunk of one creation of a job. */
export interface ChunkKey extends JobKey {
  readonly createdAt: string;
  readonly index: number;
  readonly expiresAt: number;
}

/** Failures of one chunk for one reason. A target group of the chunk that has no failure was updated. */
export interface FailureGroup extends Failure {
  /** Where the target groups stand in their chunk, from 0 on: much shorter than their ids. */
  readonly positions: readonly number[];
}

/** What became of one chunk. */
export interface ChunkResult {
  readonly index: number;
  readonly failures: readonly FailureGroup[];
}

/** Distinct and sorted by code unit: the same ids in another order, or duplicated, are the same request. */
export function canonicalIds(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort();
}

export function chunkCount(job: Pick<Job, 'total' | 'chunkSize'>): number {
  return Math.ceil(job.total / job.chunkSize);
}

/** The ids of chunk `index`, out of all canonical ids of the job. */
export function chunkIds(ids: readonly string[], index: number, chunkSize: number): string[] {
  return ids.slice(index * chunkSize, (index + 1) * chunkSize);
}

export function unsettledChunks(job: Job): number[] {
  return Array.from({ length: chunkCount(job) }, (_, index) => index).filter(
    (index) => !job.settled.has(index),
  );
}

/**
 * The status follows from the sets alone. There is no moment at which a stored status could disagree with
 * them, and no write whose loss would leave a finished job unfinished.
 */
export function statusOf(job: Job): JobStatus {
  if (job.settled.size < chunkCount(job)) return 'Processing';
  return job.broken.size > 0 ? 'Failed' : 'Completed';
}

/** The job after one of its chunks was added: a second time it changes nothing. */
export function withChunk(job: Job, index: number, broken: boolean): Job {
  return {
    ...job,
    settled: new Set([...job.settled, index]),
    broken: broken ? new Set([...job.broken, index]) : job.broken,
  };
}

/** How many target groups are settled. Every chunk is full but the last. */
export function settledTargetGroups(job: Job): number {
  const last = chunkCount(job) - 1;
  const missingInLast = (last + 1) * job.chunkSize - job.total;
  return job.settled.size * job.chunkSize - (job.settled.has(last) ? missingInLast : 0);
}

/**
 * Gathers the failures of a chunk by reason, so that a reason is stored once, not once per target group.
 *
 * @param ids of the chunk, in order
 * @param outcomes of all of them, in any order
 */
export function groupFailures(ids: readonly string[], outcomes: readonly Outcome[]): FailureGroup[] {
  const failureOf = new Map(outcomes.map(({ targetGroupId, failure }) => [targetGroupId, failure]));
  const groups = new Map<string, Failure & { positions: number[] }>();
  for (const [position, id] of ids.entries()) {
    const failure = failureOf.get(id);
    if (failure === undefined) continue;
    const reason = `${failure.code} ${failure.description}`;
    const group = groups.get(reason) ?? { ...failure, positions: [] };
    group.positions.push(position);
    groups.set(reason, group);
  }
  return [...groups.values()];
}

/** How many target groups failed, by the code of the reason. */
export function countByCode(failures: readonly FailureGroup[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code, positions } of failures) {
    counts[code] = (counts[code] ?? 0) + positions.length;
  }
  return counts;
}

/** Whether a chunk with these failures makes its job `Failed`. */
export function isBroken(failures: readonly FailureGroup[]): boolean {
  return failures.some((group) => group.code === 'InternalError');
}

/**
 * Every outcome of a finished job, in id order.
 *
 * @param ids all canonical ids of the job
 * @param results of all its chunks, in any order
 */
export function outcomesOf(
  job: Pick<Job, 'chunkSize'>,
  ids: readonly string[],
  results: readonly ChunkResult[],
): Outcome[] {
  const failed = new Map<number, Failure>();
  for (const { index, failures } of results) {
    for (const { code, description, positions } of failures) {
      for (const position of positions) failed.set(index * job.chunkSize + position, { code, description });
    }
  }
  return ids.map((targetGroupId, i) => {
    const failure = failed.get(i);
    return failure === undefined ? { targetGroupId } : { targetGroupId, failure };
  });
}
