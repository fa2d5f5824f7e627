/** Jobs in DynamoDB. Every promise of the port is one conditional write; its meaning stands above its condition. */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { InconsistentStoreError } from '../../domain/errors.ts';
import { type ChunkKey, type Job, type JobKey, withChunk } from '../../domain/job.ts';
import type { EndedJob, JobRequest, Jobs } from '../../ports/jobs.ts';
import { getItem } from './get-item.ts';
import { metaItem, metaKey, readMeta, requestKey } from './job-item.ts';
import { OPEN } from './open-jobs-index.ts';
import { packIds, unpackIds } from './packed-ids.ts';
import { bytes, text } from './read-item.ts';
import { updateIf } from './update.ts';

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
    const item = { ...requestKey(job), ids: packIds(ids), ...trace, expires_at: job.expiresAt };
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: marshall(item),
          // Not there, or it would go before the job that is now created. What is there has the same ids, for
          // its key is their hash; it may be that of a job that lives, and stays.
          ConditionExpression: 'attribute_not_exists(pk) OR expires_at < :expires',
          ExpressionAttributeValues: marshall({ ':expires': job.expiresAt }),
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async commit(job: Job, owner: string, now: number, dueAt: string): Promise<'created' | Job> {
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: marshall(metaItem(job, owner, dueAt)),
          //  nobody has created the job │ it was created, and lives │ its life is over, deletion is late
          //  ───────────────────────────┼───────────────────────────┼──────────────────────────────────►
          //            ours             │          theirs           │               ours
          ConditionExpression: 'attribute_not_exists(pk) OR expires_at <= :now',
          ExpressionAttributeValues: marshall({ ':now': seconds(now) }),
        }),
      );
      return 'created';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const item = await getItem(this.#client, this.#table, metaKey(job));
      if (item === undefined) {
        throw new InconsistentStoreError(
          'A job vanished while it was created.',
          { jobId: job.jobId },
          { cause: error },
        );
      }
      // A put that is tried again after its answer was lost finds its own item: still the creator.
      return text(item, 'committed_by') === owner ? 'created' : readMeta(item);
    }
  }

  async find(key: JobKey, now: number): Promise<Job | undefined> {
    const item = await getItem(this.#client, this.#table, metaKey(key));
    if (item === undefined) return undefined;
    const job = readMeta(item);
    return job.expiresAt <= seconds(now) ? undefined : job;
  }

  async request(job: Job): Promise<JobRequest> {
    const item = await getItem(this.#client, this.#table, requestKey(job));
    if (item === undefined) {
      throw new InconsistentStoreError('A job has no request.', { jobId: job.jobId });
    }
    const trace = { traceparent: text(item, 'traceparent'), tracestate: text(item, 'tracestate') };
    return { ids: unpackIds(bytes(item, 'ids')), trace };
  }

  async addSettled(chunk: ChunkKey, broken: boolean): Promise<Job | undefined> {
    const item = await updateIf(this.#client, {
      table: this.#table,
      key: metaKey(chunk),
      update: broken ? 'ADD settled :chunk, broken :chunk' : 'ADD settled :chunk',
      // The job that the chunk belongs to, not one that was created later under the same key.
      condition: 'created_at = :created',
      values: { ':chunk': new Set([chunk.index]), ':created': chunk.createdAt },
      returns: 'ALL_NEW',
    });
    return item && readMeta(item);
  }

  async addOnly(chunk: ChunkKey, broken: boolean, now: number): Promise<EndedJob | undefined> {
    const item = await updateIf(this.#client, {
      table: this.#table,
      key: metaKey(chunk),
      update:
        `ADD settled :chunk${broken ? ', broken :chunk' : ''} ` +
        'SET closed_at = if_not_exists(closed_at, :now) REMOVE #open, due_at',
      // As in addSettled. That the job is still open is no condition: the chunk is to be added if it is not.
      condition: 'created_at = :created',
      names: { '#open': OPEN },
      values: { ':chunk': new Set([chunk.index]), ':now': now, ':created': chunk.createdAt },
      // As it was before: of all who repeat this write one finds the job open, and that one has closed it.
      // Where its answer is lost on the way, nobody finds it so, just as with `OpenJobs.close`.
      returns: 'ALL_OLD',
    });
    if (item === undefined) return undefined;
    const before = readMeta(item);
    return { job: { ...withChunk(before, chunk.index, broken), open: false }, closed: before.open };
  }
}

/** Epoch seconds, the unit of DynamoDB's time to live. */
function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
