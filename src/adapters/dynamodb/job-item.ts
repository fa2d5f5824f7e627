/**
 * The items of the jobs table. The partition key is the tenant and the job's id. The tenant comes from a
 * checked path, so that no id in a path or a body leads to an item of another tenant.
 *
 * | sk                         | holds                                                                    |
 * | -------------------------- | ------------------------------------------------------------------------ |
 * | `META`                     | the job; kept small, because DynamoDB bills an update by the whole item  |
 * | `REQUEST#<hash>`           | the canonical ids; a repeat with other ids has another hash              |
 * | `RESULT#<created>#<chunk>` | the claim on a chunk, then its failures                                  |
 *
 * The key of a RESULT contains the job's time of creation. When an idempotency key is used again after its
 * job's life, old RESULTs that are not deleted yet are not taken for results of the new job.
 */
import type { Action } from '../../domain/actions.ts';
import { ACTION_NAMES } from '../../domain/actions.ts';
import { InconsistentStoreError } from '../../domain/errors.ts';
import type { ChunkKey, ChunkResult, FailureGroup, Job, JobKey } from '../../domain/job.ts';
import { FAILURE_CODES } from '../../domain/outcome.ts';
import { OPEN } from './open-jobs-index.ts';
import { type Item, number, numbers, oneOf, text } from './read-item.ts';

/** Makes the partition key of a job. It is unambiguous, because no id and no account id contains `#`. */
export const jobPartition = (key: JobKey) => `${key.accountId}#${key.projectId}#${key.jobId}`;

export const metaKey = (key: JobKey) => ({ pk: jobPartition(key), sk: 'META' });

export const requestKey = (job: JobKey & Pick<Job, 'bodyHash'>) => ({
  pk: jobPartition(job),
  sk: `REQUEST#${job.bodyHash}`,
});

export const resultPrefix = (job: Pick<Job, 'createdAt'>) => `RESULT#${job.createdAt}#`;

export const resultKey = (chunk: ChunkKey) => ({
  pk: jobPartition(chunk),
  sk: `${resultPrefix(chunk)}${String(chunk.index).padStart(5, '0')}`,
});

export function metaItem(job: Job, owner: string, dueAt: string) {
  return {
    ...metaKey(job),
    action: job.action satisfies Action,
    created_at: job.createdAt,
    created_by: job.createdBy,
    committed_by: owner,
    body_hash: job.bodyHash,
    total: job.total,
    chunk_size: job.chunkSize,
    expires_at: job.expiresAt,
    [OPEN]: OPEN,
    due_at: dueAt,
  };
}

/** Reads the key of the job that an item belongs to. */
export function readJobKey(item: Item): JobKey {
  const [accountId, projectId = '', jobId = ''] = text(item, 'pk').split('#');
  return { accountId: Number(accountId), projectId, jobId };
}

export function readMeta(item: Item): Job {
  return {
    ...readJobKey(item),
    action: oneOf(item, 'action', ACTION_NAMES),
    createdAt: text(item, 'created_at'),
    createdBy: text(item, 'created_by'),
    bodyHash: text(item, 'body_hash'),
    total: number(item, 'total'),
    chunkSize: number(item, 'chunk_size'),
    expiresAt: number(item, 'expires_at'),
    settled: numbers(item, 'settled'),
    broken: numbers(item, 'broken'),
    open: item[OPEN] !== undefined,
  };
}

export function failureItems(failures: readonly FailureGroup[]) {
  return failures.map(({ code, description, positions }) => ({
    code,
    description,
    positions: positions.join(','),
  }));
}

/** Reads the result of a chunk. Returns undefined when the chunk is claimed but not settled. */
export function readResult(item: Item): ChunkResult | undefined {
  if (item['settled_at'] === undefined) return undefined;
  return { index: Number(text(item, 'sk').split('#').at(-1)), failures: readFailures(item) };
}

/** Reads the failures of a settled chunk. */
export function readFailures(item: Item): FailureGroup[] {
  const groups: unknown = item['failures'];
  if (!Array.isArray(groups)) {
    throw new InconsistentStoreError('A settled chunk has no list of failures.', { pk: item['pk'] });
  }
  return (groups as Item[]).map((group) => ({
    code: oneOf(group, 'code', FAILURE_CODES),
    description: text(group, 'description'),
    positions: text(group, 'positions').split(',').map(Number),
  }));
}
