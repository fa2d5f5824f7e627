/**
 * Jobs in DynamoDB. Each write is conditional, and a comment above each condition explains it.
 *
 * DynamoDB deletes expired items late, so reads compare `expires_at` with the time:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ttl-expired-items.html
 */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { InconsistentStoreError } from '../../domain/errors.ts';
import { type ChunkKey, type Job, type JobKey, withSettledChunk } from '../../domain/job.ts';
import type { EndedJob, JobRequest, Jobs } from '../../ports/jobs.ts';
import { FORMAT } from '../format.ts';
import { getItem } from './get-item.ts';
import {
  makeMetaItem,
  makeMetaKey,
  META_FORMAT,
  readMeta,
  makeRequestKey,
  REQUEST_FORMAT,
} from './job-item.ts';
import { OPEN_KEY, OPEN_SHARD } from './open-jobs-index.ts';
import { packIds, unpackIds } from './packed-ids.ts';
import { type Item, readBytes, readText, requireKnownFormat } from './read-item.ts';
import { readFoundItem, updateIf } from './update.ts';

export class DynamoDBJobs implements Jobs {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async saveRequest(
    job: JobKey & Pick<Job, 'bodyHash' | 'expiresAt'>,
    { ids, trace }: JobRequest,
  ): Promise<void> {
    const item = {
      ...makeRequestKey(job),
      [FORMAT]: REQUEST_FORMAT,
      ids: packIds(ids),
      ...trace,
      expires_at: job.expiresAt,
    };
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: marshall(item),
          // Write if no item is there, or if it expires before the new job does. An item that is there has
          // the same ids, because its key is their hash. So it may be replaced whatever its format is.
          ConditionExpression: 'attribute_not_exists(pk) OR expires_at < :expires',
          ExpressionAttributeValues: marshall({ ':expires': job.expiresAt }),
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async commit(job: Job, owner: string, now: number): Promise<'created' | Job> {
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: marshall(makeMetaItem(job, owner)),
          //  nobody has created the job │ it was created, and lives │ its life is over, deletion is late
          //  ───────────────────────────┼───────────────────────────┼──────────────────────────────────►
          //            ours             │          theirs           │               ours
          ConditionExpression: 'attribute_not_exists(pk) OR expires_at <= :now',
          ExpressionAttributeValues: marshall({ ':now': convertToEpochSeconds(now) }),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return 'created';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const item = readFoundItem(error) ?? (await getItem(this.#client, this.#table, makeMetaKey(job)));
      if (item === undefined) {
        throw new InconsistentStoreError(
          'The job disappeared while it was created.',
          { jobId: job.jobId },
          { cause: error },
        );
      }
      const existing = readMeta(item);
      // If the answer of our put was lost, its retry finds our own item, and we have created the job.
      return readText(item, 'committed_by') === owner ? 'created' : existing;
    }
  }

  async find(key: JobKey, now: number): Promise<Job | undefined> {
    const item = await getItem(this.#client, this.#table, makeMetaKey(key));
    if (item === undefined) return undefined;
    const job = readMeta(item);
    return job.expiresAt <= convertToEpochSeconds(now) ? undefined : job;
  }

  async readRequest(job: Job): Promise<JobRequest> {
    const item = await getItem(this.#client, this.#table, makeRequestKey(job));
    if (item === undefined) {
      throw new InconsistentStoreError('A job has no request.', { jobId: job.jobId });
    }
    requireKnownFormat(item, REQUEST_FORMAT);
    const trace = { traceparent: readText(item, 'traceparent'), tracestate: readText(item, 'tracestate') };
    return { ids: unpackIds(readBytes(item, 'ids')), trace };
  }

  async addChunk(chunk: ChunkKey, broken: boolean): Promise<Job | undefined> {
    const result = await updateIf(this.#client, {
      table: this.#table,
      key: makeMetaKey(chunk),
      format: META_FORMAT,
      update: broken ? 'ADD settled :chunk, broken :chunk' : 'ADD settled :chunk',
      // Only the job that the chunk belongs to, not a later one with the same id.
      condition: 'created_at = :created',
      values: { ':chunk': new Set([chunk.index]), ':created': chunk.createdAt },
      returns: 'ALL_NEW',
    });
    return result.written ? readMeta(result.item) : this.#requireReadable(chunk, result.found);
  }

  async addOnlyChunk(chunk: ChunkKey, broken: boolean, now: number): Promise<EndedJob | undefined> {
    const result = await updateIf(this.#client, {
      table: this.#table,
      key: makeMetaKey(chunk),
      format: META_FORMAT,
      update:
        `ADD settled :chunk${broken ? ', broken :chunk' : ''} ` +
        'SET closed_at = if_not_exists(closed_at, :now) REMOVE #shard, #key, due_at',
      // As in `addChunk`. The job need not be open: the chunk must be added in any case.
      condition: 'created_at = :created',
      names: { '#shard': OPEN_SHARD, '#key': OPEN_KEY },
      values: { ':chunk': new Set([chunk.index]), ':now': now, ':created': chunk.createdAt },
      // The old item shows whether this write closed the job: of repeated writes only one finds it open. If
      // the answer of that one is lost, no call reports the end of the job, as with `OpenJobs.close`.
      returns: 'ALL_OLD',
    });
    if (!result.written) return this.#requireReadable(chunk, result.found);
    const { look, ...before } = readMeta(result.item);
    return { job: withSettledChunk(before, chunk.index, broken), closed: look !== undefined };
  }

  /**
   * Tells a job that this release cannot read from one that is gone, after a chunk could not be added to it.
   * The message of a chunk is deleted when its job is gone.
   */
  async #requireReadable(key: JobKey, found: Item | undefined): Promise<undefined> {
    const item = found ?? (await getItem(this.#client, this.#table, makeMetaKey(key)));
    if (item !== undefined) requireKnownFormat(item, META_FORMAT);
  }
}

/** Converts epoch ms to epoch seconds, the unit of DynamoDB's time to live. */
function convertToEpochSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
