/** A bulk job: its request, its chunks, and the status that follows from its settled chunks (ADR 4). */
import type { Action } from './actions.ts';
import type { Tenant } from './ids.ts';
import type { Failure, Outcome } from './outcome.ts';

/** `Processing` until every chunk is settled. The other statuses are final. */
export const JOB_STATUSES = ['Processing', 'Completed', 'Failed'] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/** Identifies a job. The tenant is part of the key, so that no id leads to another tenant's job. */
export interface JobKey extends Tenant {
  readonly jobId: string;
}

/** What reconcile noted at its last look at a job, and when the next one is due. */
export interface Look {
  /** RFC 3339, UTC, milliseconds, `Z`. */
  readonly dueAt: string;
  /** Number of chunks that were settled. */
  readonly settled: number;
  /** How often the unsettled chunks were sent again before the deadline. */
  readonly resends: number;
  /** How often they were sent as give-ups after it. */
  readonly giveUps: number;
}

/** A job as stored in its META item: without the ids of its target groups and without outcomes. */
export interface Job extends JobKey {
  readonly action: Action;
  /** RFC 3339, UTC, milliseconds, `Z`. Tells this job from an earlier or later one with the same id. */
  readonly createdAt: string;
  /**
   * From then on nothing of the job is moved any more (RFC 3339, UTC, milliseconds, `Z`). A job of an earlier
   * release has none.
   */
  readonly deadlineAt?: string | undefined;
  /** The user who created the job, a UUID. */
  readonly createdBy: string;
  /** SHA-256 of the canonical ids, hexadecimal. */
  readonly bodyHash: string;
  /** Number of distinct target groups in the request. */
  readonly total: number;
  /** Target groups per chunk. */
  readonly chunkSize: number;
  /** Epoch seconds at which the job's life ends. */
  readonly expiresAt: number;
  /** Indexes of the chunks that have their result. */
  readonly settled: ReadonlySet<number>;
  /** Indexes of the settled chunks in which a target group ended as `InternalError`. */
  readonly broken: ReadonlySet<number>;
  /** What reconcile notes about an open job. Undefined once the job has left the index of open jobs. */
  readonly look?: Look | undefined;
}

/** Identifies one chunk of a job. `createdAt` tells jobs with the same id apart. */
export interface ChunkKey extends JobKey {
  readonly createdAt: string;
  readonly index: number;
  readonly expiresAt: number;
}

/** The target groups of a chunk that failed for one reason. Those that are in no such group were updated. */
export interface FailureGroup extends Failure {
  /** 0-based positions of the target groups in the chunk, which take much less space than their ids. */
  readonly positions: readonly number[];
}

/** The result of a settled chunk. */
export interface ChunkResult {
  readonly index: number;
  readonly failures: readonly FailureGroup[];
}

/** Sorts the distinct ids by code unit, so that neither order nor duplicates of the ids matter. */
export function canonicalizeIds(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort();
}

export function countChunks(job: Pick<Job, 'total' | 'chunkSize'>): number {
  return Math.ceil(job.total / job.chunkSize);
}

/** Returns the ids of chunk `index` out of all canonical ids of the job. */
export function selectChunkIds(ids: readonly string[], index: number, chunkSize: number): string[] {
  return ids.slice(index * chunkSize, (index + 1) * chunkSize);
}

export function listUnsettledChunks(job: Job): number[] {
  return Array.from({ length: countChunks(job) }, (_, index) => index).filter(
    (index) => !job.settled.has(index),
  );
}

/**
 * Derives the status from the sets of chunks alone (ADR 4). No stored status can contradict the sets, and no
 * lost write can leave a finished job open.
 */
export function deriveStatus(job: Job): JobStatus {
  if (job.settled.size < countChunks(job)) return 'Processing';
  return job.broken.size > 0 ? 'Failed' : 'Completed';
}

/** Returns the job with one more settled chunk. Adding a chunk twice changes nothing. */
export function withSettledChunk(job: Job, index: number, broken: boolean): Job {
  return {
    ...job,
    settled: new Set([...job.settled, index]),
    broken: broken ? new Set([...job.broken, index]) : job.broken,
  };
}

/** Counts the settled target groups. Every chunk is full except the last. */
export function countSettledTargetGroups(job: Job): number {
  const last = countChunks(job) - 1;
  const missingInLast = (last + 1) * job.chunkSize - job.total;
  return job.settled.size * job.chunkSize - (job.settled.has(last) ? missingInLast : 0);
}

/**
 * Groups the failures of a chunk by reason, so that each reason is stored once, not once per target group.
 *
 * @param ids of the chunk, in their canonical order
 * @param outcomes of all these target groups, in any order
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

/** Counts the failed target groups by failure code. */
export function countFailuresByCode(failures: readonly FailureGroup[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code, positions } of failures) {
    counts[code] = (counts[code] ?? 0) + positions.length;
  }
  return counts;
}

/** Whether a chunk with these failures is broken, which makes its job `Failed`. */
export function isBroken(failures: readonly FailureGroup[]): boolean {
  return failures.some((group) => group.code === 'InternalError');
}

/**
 * Lists the outcomes of all target groups of a finished job, in the order of the ids.
 *
 * @param ids all canonical ids of the job
 * @param results of all its chunks, in any order
 */
export function listOutcomes(
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
