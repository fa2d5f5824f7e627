/** Jobs in DynamoDB. Every promise of the port is one conditional write; its meaning stands above its condition. */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { InconsistentStoreError } from '../../domain/errors.ts';
import {
  type ChunkKey,
  type ChunkResult,
  type FailureGroup,
  type Job,
  type JobKey,
  withChunk,
} from '../../domain/job.ts';
import type { Claim, DueJob, EndedJob, JobRequest, JobStore, OpenJobs } from '../../ports/job-store.ts';
import {
  failureItems,
  jobPartition,
  metaItem,
  metaKey,
  OPEN,
  OPEN_JOBS_INDEX,
  readFailures,
  readJobKey,
  readMeta,
  readResult,
  requestKey,
  resultKey,
  resultPrefix,
} from './job-item.ts';
import { packIds, unpackIds } from './packed-ids.ts';
import { bytes, type Item, number, text } from './read-item.ts';
import { updateIf } from './update.ts';

export class DynamoDBJobStore implements JobStore {
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
          // Not there, or it would go before the job that is now created. What is there has the same ids, for its
          // key is their hash; it may be that of a job that lives, and stays.
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
      const item = await this.#get(metaKey(job));
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
    const item = await this.#get(metaKey(key));
    if (item === undefined) return undefined;
    const job = readMeta(item);
    return job.expiresAt <= seconds(now) ? undefined : job;
  }

  async request(job: Job): Promise<JobRequest> {
    const item = await this.#get(requestKey(job));
    if (item === undefined) {
      throw new InconsistentStoreError('A job has no request.', { jobId: job.jobId });
    }
    const trace = { traceparent: text(item, 'traceparent'), tracestate: text(item, 'tracestate') };
    return { ids: unpackIds(bytes(item, 'ids')), trace };
  }

  async results(job: Job): Promise<ChunkResult[]> {
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#table,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: marshall({ ':pk': jobPartition(job), ':prefix': resultPrefix(job) }),
      },
    );
    const results: ChunkResult[] = [];
    for await (const page of pages) {
      for (const item of page.Items ?? []) {
        const result = readResult(unmarshall(item));
        if (result !== undefined) results.push(result);
      }
    }
    return results;
  }

  async claim(chunk: ChunkKey, owner: string, now: number, until: number): Promise<Claim> {
    const claimed = await updateIf(this.#client, {
      table: this.#table,
      key: resultKey(chunk),
      update: 'SET claimed_by = :owner, claimed_until = :until, expires_at = :expires',
      //  no claim │ claimed: nobody else may │ the claim is over: its owner is dead │ settled: never again
      //  ─────────┼──────────────────────────┼──────────────────────────────────────┼────────────────────►
      //   ours    │                claimed_until   ours                              │
      condition: 'attribute_not_exists(settled_at) AND (attribute_not_exists(pk) OR claimed_until <= :now)',
      values: { ':owner': owner, ':until': until, ':now': now, ':expires': chunk.expiresAt },
      returns: 'UPDATED_OLD',
    });
    if (claimed !== undefined) return { kind: 'claimed', begun: claimed['claimed_by'] !== undefined };
    const item = await this.#get(resultKey(chunk));
    if (item?.['settled_at'] !== undefined) return { kind: 'settled', failures: readFailures(item) };
    // Our own claim, whose answer was lost on the way and which was tried again.
    return item?.['claimed_by'] === owner ? { kind: 'claimed', begun: true } : { kind: 'taken' };
  }

  async release(chunk: ChunkKey, owner: string, until: number): Promise<void> {
    await updateIf(this.#client, {
      table: this.#table,
      key: resultKey(chunk),
      update: 'SET claimed_until = :until',
      // Only ours, and only while there is no result. When it is not ours any more, there is nothing to give back.
      condition: 'claimed_by = :owner AND attribute_not_exists(settled_at)',
      values: { ':until': until, ':owner': owner },
    });
  }

  async settle(
    chunk: ChunkKey,
    owner: string,
    failures: readonly FailureGroup[],
    now: number,
  ): Promise<boolean> {
    const settled = await updateIf(this.#client, {
      table: this.#table,
      key: resultKey(chunk),
      update: 'SET settled_at = :now, failures = :failures',
      // The first result stands, and only the holder of the claim may write it: a worker that was frozen and
      // wakes after its claim has ended and been taken over is not the owner any more. The claim's end does not
      // matter here: while nobody has taken it over, the chunk is still ours.
      condition: 'claimed_by = :owner AND attribute_not_exists(settled_at)',
      values: { ':owner': owner, ':now': now, ':failures': failureItems(failures) },
    });
    if (settled !== undefined) return true;
    // Our own write, whose answer was lost on the way: an owner settles once, and nobody takes over a result.
    const item = await this.#get(resultKey(chunk));
    return item?.['settled_at'] !== undefined && item['claimed_by'] === owner;
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
      // As it was before: of all who repeat this write one finds the job open, and that one has closed it. Where its
      // answer is lost on the way, nobody finds it so, just as with close.
      returns: 'ALL_OLD',
    });
    if (item === undefined) return undefined;
    const before = readMeta(item);
    return { job: { ...withChunk(before, chunk.index, broken), open: false }, closed: before.open };
  }

  async close(job: Job, now: number): Promise<boolean> {
    const closed = await updateIf(this.#client, {
      table: this.#table,
      key: metaKey(job),
      update: 'SET closed_at = :now REMOVE #open, due_at',
      // It is still open, and it is this job, not one created later under the same key.
      condition: 'attribute_exists(#open) AND created_at = :created',
      names: { '#open': OPEN },
      values: { ':now': now, ':created': job.createdAt },
    });
    return closed !== undefined;
  }

  async due(now: string, limit: number, after?: DueJob): Promise<DueJob[]> {
    const { Items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        IndexName: OPEN_JOBS_INDEX,
        KeyConditionExpression: '#open = :open AND due_at <= :now',
        ExpressionAttributeNames: { '#open': OPEN },
        ExpressionAttributeValues: marshall({ ':open': OPEN, ':now': now }),
        Limit: limit,
        ExclusiveStartKey: after && openKey(after),
      }),
    );
    return Items.map((item) => readDue(unmarshall(item)));
  }

  async openJobs(limit: number, after?: DueJob): Promise<OpenJobs> {
    const { Items = [], LastEvaluatedKey } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        IndexName: OPEN_JOBS_INDEX,
        KeyConditionExpression: '#open = :open',
        ProjectionExpression: 'created_at',
        ExpressionAttributeNames: { '#open': OPEN },
        ExpressionAttributeValues: marshall({ ':open': OPEN }),
        Limit: limit,
        ExclusiveStartKey: after && openKey(after),
      }),
    );
    let oldestCreatedAt: string | undefined;
    for (const item of Items) {
      const createdAt = text(unmarshall(item), 'created_at');
      if (oldestCreatedAt === undefined || createdAt < oldestCreatedAt) oldestCreatedAt = createdAt;
    }
    const next = LastEvaluatedKey && readDue(unmarshall(LastEvaluatedKey));
    return { count: Items.length, oldestCreatedAt, next };
  }

  async postpone(job: Job, from: string, to: string): Promise<{ readonly settledBefore: number } | 'lost'> {
    const before = await updateIf(this.#client, {
      table: this.#table,
      key: metaKey(job),
      update: 'SET due_at = :to, settled_seen = :seen',
      // Nobody has moved it since we read the index. A call that is tried again after its answer was lost counts
      // as lost: the job is due again at its next look.
      condition: 'due_at = :from',
      values: { ':from': from, ':to': to, ':seen': job.settled.size },
      returns: 'ALL_OLD',
    });
    if (before === undefined) return 'lost';
    return { settledBefore: before['settled_seen'] === undefined ? 0 : number(before, 'settled_seen') };
  }

  /** Reads an item; sees every write that was acknowledged before. */
  async #get(key: Readonly<Record<string, string>>): Promise<Item | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: marshall(key), ConsistentRead: true }),
    );
    return Item && unmarshall(Item);
  }
}

/** The key of an unfinished job in the index. */
function openKey(due: DueJob) {
  return marshall({ ...metaKey(due), [OPEN]: OPEN, due_at: due.dueAt });
}

function readDue(item: Item): DueJob {
  return { ...readJobKey(item), dueAt: text(item, 'due_at') };
}

/** Epoch seconds, the unit of DynamoDB's time to live. */
function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
