/**
 * The items of the jobs table. Their partition key is the tenant and the job's id: the tenant comes from a
 * checked path, so that no id in a path or a body reaches an item of another tenant.
 *
 * | sk                         | holds                                                                    |
 * | -------------------------- | ------------------------------------------------------------------------ |
 * | `META`                     | the job: small on purpose, for an update is billed by the whole item     |
 * | `REQUEST#<hash>`           | the canonical ids, under their hash: a repeat with others cannot touch it |
 * | `RESULT#<created>#<chunk>` | a chunk's claim, then its failures                                       |
 *
 * A result bears the job's time of creation in its key: when a key is used again after its job's life has
 * ended, leftovers of the first job that still wait for deletion are not taken for results of the second.
 */
import type { Action } from '../../domain/actions.ts';
import { ACTION_NAMES } from '../../domain/actions.ts';
import { InconsistentStoreError } from '../../domain/errors.ts';
import type { ChunkKey, ChunkResult, FailureGroup, Job, JobKey } from '../../domain/job.ts';
import { FAILURE_CODES } from '../../domain/outcome.ts';
import { OPEN } from './open-jobs-index.ts';
import { type Item, number, numbers, oneOf, text } from './read-item.ts';

/** The partition of a job. An id holds no `#`, and the account's number none either. */
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

/** The job that an item belongs to. */
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

/** The result of a chunk, or undefined when it is only claimed. */
export function readResult(item: Item): ChunkResult | undefined {
  if (item['settled_at'] === undefined) return undefined;
  return { index: Number(text(item, 'sk').split('#').at(-1)), failures: readFailures(item) };
}

/** The failures of a result that is settled. */
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
