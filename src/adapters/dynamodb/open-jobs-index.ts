/** The sparse index of open jobs, shared by the table's definition and the code that queries it (ADR 38). */
import { computeShard } from '../../domain/digest.ts';
import type { JobKey } from '../../domain/job.ts';
import type { PageStart } from '../../ports/open-jobs.ts';

export const OPEN_JOBS_INDEX = 'open-jobs-by-account';

/** Partition key of the index: an attribute that only open jobs have. */
export const OPEN_SHARD = 'open_shard';

/** Sort key of the index: it never changes, so that a new time of the next look is one write of the index. */
export const OPEN_KEY = 'open_key';

/** The other attributes of a job that the index holds. None of them changes with a job's progress. */
export const PROJECTED = ['due_at', 'total', 'action'];

export const makeShardName = (shard: number) => String(shard).padStart(2, '0');

/** Makes the key of an open job in the index. */
export function makeOpenKey(job: JobKey & { readonly createdAt: string }) {
  return { [OPEN_SHARD]: makeShardName(computeShard(job.accountId)), [OPEN_KEY]: makeSortKey(job) };
}

/**
 * The beginning of the sort keys of an account. With the `#`, that of account 10 is not the beginning of one
 * of account 101.
 */
export const makeAccountPrefix = (accountId: number) => `${accountId}#`;

/** Makes the sort key behind which a page begins. `$` is the character after `#`. */
export function makeStartKey({ accountId, createdAt, projectId, jobId, key }: PageStart): string {
  if (key !== undefined) return key;
  return createdAt === undefined || projectId === undefined || jobId === undefined
    ? `${accountId}$`
    : makeSortKey({ accountId, createdAt, projectId, jobId });
}

function makeSortKey(job: JobKey & { readonly createdAt: string }): string {
  return `${makeAccountPrefix(job.accountId)}${job.createdAt}#${job.projectId}#${job.jobId}`;
}
