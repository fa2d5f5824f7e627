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
import type { ChunkKey, ChunkResult, FailureGroup, Job, JobKey, Look } from '../../domain/job.ts';
import { FAILURE_CODES } from '../../domain/outcome.ts';
import { FORMAT } from '../format.ts';
import { makeOpenKey, OPEN_SHARD } from './open-jobs-index.ts';
import {
  type Item,
  readNumber,
  readNumberSet,
  readOneOf,
  readText,
  requireKnownFormat,
} from './read-item.ts';

/** The formats in which the items are written, and the latest ones that are read (ADR 37). */
export const META_FORMAT = 1;
export const REQUEST_FORMAT = 1;
export const RESULT_FORMAT = 1;

/** Makes the partition key of a job. It is unambiguous, because no id and no account id contains `#`. */
export const makeJobPartition = (key: JobKey) => `${key.accountId}#${key.projectId}#${key.jobId}`;

export const makeMetaKey = (key: JobKey) => ({ pk: makeJobPartition(key), sk: 'META' });

export const makeRequestKey = (job: JobKey & Pick<Job, 'bodyHash'>) => ({
  pk: makeJobPartition(job),
  sk: `REQUEST#${job.bodyHash}`,
});

export const makeResultPrefix = (job: Pick<Job, 'createdAt'>) => `RESULT#${job.createdAt}#`;

export const makeResultKey = (chunk: ChunkKey) => ({
  pk: makeJobPartition(chunk),
  sk: `${makeResultPrefix(chunk)}${String(chunk.index).padStart(5, '0')}`,
});

export function makeMetaItem(job: Job, owner: string) {
  return {
    ...makeMetaKey(job),
    [FORMAT]: META_FORMAT,
    action: job.action satisfies Action,
    created_at: job.createdAt,
    created_by: job.createdBy,
    committed_by: owner,
    body_hash: job.bodyHash,
    total: job.total,
    chunk_size: job.chunkSize,
    expires_at: job.expiresAt,
    ...(job.deadlineAt !== undefined && { deadline_at: job.deadlineAt }),
    ...(job.look !== undefined && { ...makeOpenKey(job), due_at: job.look.dueAt }),
  };
}

/** Makes the update of META that stores a look, and its values. A new job has no numbers yet: all are 0. */
export function makeLookAttributes(look: Look) {
  return {
    update: 'SET due_at = :due, settled_seen = :settled, resends = :resends, give_ups = :give_ups',
    values: {
      ':due': look.dueAt,
      ':settled': look.settled,
      ':resends': look.resends,
      ':give_ups': look.giveUps,
    },
  };
}

function readLook(item: Item): Look | undefined {
  if (item[OPEN_SHARD] === undefined) return undefined;
  const readCount = (name: string) => (item[name] === undefined ? 0 : readNumber(item, name));
  return {
    dueAt: readText(item, 'due_at'),
    settled: readCount('settled_seen'),
    resends: readCount('resends'),
    giveUps: readCount('give_ups'),
  };
}

/** Reads the key of the job that an item belongs to. */
export function readJobKey(item: Item): JobKey {
  const [accountId, projectId = '', jobId = ''] = readText(item, 'pk').split('#');
  return { accountId: Number(accountId), projectId, jobId };
}

/** @throws UnknownFormatError, InconsistentStoreError when an attribute is missing or malformed */
export function readMeta(item: Item): Job {
  requireKnownFormat(item, META_FORMAT);
  return {
    ...readJobKey(item),
    action: readOneOf(item, 'action', ACTION_NAMES),
    createdAt: readText(item, 'created_at'),
    createdBy: readText(item, 'created_by'),
    bodyHash: readText(item, 'body_hash'),
    total: readNumber(item, 'total'),
    chunkSize: readNumber(item, 'chunk_size'),
    expiresAt: readNumber(item, 'expires_at'),
    settled: readNumberSet(item, 'settled'),
    broken: readNumberSet(item, 'broken'),
    deadlineAt: item['deadline_at'] === undefined ? undefined : readText(item, 'deadline_at'),
    look: readLook(item),
  };
}

export function makeFailureItems(failures: readonly FailureGroup[]) {
  return failures.map(({ code, description, positions }) => ({
    code,
    description,
    positions: positions.join(','),
  }));
}

/**
 * Reads the result of a chunk. Returns undefined when the chunk is claimed but not settled.
 *
 * @throws UnknownFormatError, InconsistentStoreError when an attribute is missing or malformed
 */
export function readResult(item: Item): ChunkResult | undefined {
  requireKnownFormat(item, RESULT_FORMAT);
  if (item['settled_at'] === undefined) return undefined;
  return { index: Number(readText(item, 'sk').split('#').at(-1)), failures: readFailures(item) };
}

function readFailures(item: Item): FailureGroup[] {
  const groups: unknown = item['failures'];
  if (!Array.isArray(groups)) {
    throw new InconsistentStoreError('A settled chunk has no list of failures.', { pk: item['pk'] });
  }
  return (groups as Item[]).map((group) => ({
    code: readOneOf(group, 'code', FAILURE_CODES),
    description: readText(group, 'description'),
    positions: readText(group, 'positions').split(',').map(Number),
  }));
}
