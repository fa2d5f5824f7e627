/** Open jobs in DynamoDB: the sparse index of the jobs table, and the attributes that put a job into it. */
import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { ACTION_NAMES } from '../../domain/actions.ts';
import { computeShard } from '../../domain/digest.ts';
import type { Job, Look } from '../../domain/job.ts';
import type { OpenJob, OpenJobs, OpenJobsPage, PageStart } from '../../ports/open-jobs.ts';
import { ADMISSION_CALL_MS } from './dynamodb-client.ts';
import { makeLookAttributes, makeMetaKey, META_FORMAT, readJobKey } from './job-item.ts';
import {
  makeAccountPrefix,
  makeShardName,
  makeStartKey,
  OPEN_JOBS_INDEX,
  OPEN_KEY,
  OPEN_SHARD,
} from './open-jobs-index.ts';
import { type Item, readText } from './read-item.ts';
import { updateIf } from './update.ts';

const KEY_NAMES = { '#shard': OPEN_SHARD, '#key': OPEN_KEY };

export class DynamoDBOpenJobs implements OpenJobs {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async readShard(shard: number, limit: number, after?: PageStart): Promise<OpenJobsPage> {
    const from = after && { ':after': makeStartKey(after) };
    const { jobs, lastKey } = await this.#query({
      Limit: limit,
      KeyConditionExpression: `#shard = :shard${from === undefined ? '' : ' AND #key > :after'}`,
      ExpressionAttributeNames: from === undefined ? { '#shard': OPEN_SHARD } : KEY_NAMES,
      ExpressionAttributeValues: marshall({ ':shard': makeShardName(shard), ...from }),
    });
    return { jobs, next: lastKey && readStart(unmarshall(lastKey)) };
  }

  async readAccount(accountId: number, limit: number): Promise<OpenJob[]> {
    const abortSignal = AbortSignal.timeout(ADMISSION_CALL_MS);
    const found: OpenJob[] = [];
    let key: QueryCommandInput['ExclusiveStartKey'];
    do {
      const page = await this.#query(
        {
          Limit: limit - found.length,
          KeyConditionExpression: '#shard = :shard AND begins_with(#key, :prefix)',
          ExpressionAttributeNames: KEY_NAMES,
          ExpressionAttributeValues: marshall({
            ':shard': makeShardName(computeShard(accountId)),
            ':prefix': makeAccountPrefix(accountId),
          }),
          ExclusiveStartKey: key,
        },
        { abortSignal },
      );
      found.push(...page.jobs);
      key = page.lastKey;
    } while (key !== undefined && found.length < limit);
    return found;
  }

  async postpone(job: Job & { readonly look: Look }, look: Look): Promise<boolean> {
    const { update, values } = makeLookAttributes(look);
    const result = await updateIf(this.#client, {
      table: this.#table,
      key: makeMetaKey(job),
      format: META_FORMAT,
      update,
      // Nobody has looked at it since we read the job, and it is open.
      condition: 'due_at = :from AND created_at = :created',
      values: { ...values, ':from': job.look.dueAt, ':created': job.createdAt },
    });
    // When the answer of the first try was lost, its retry finds our own look. If another run has planned the
    // same one, it is taken for ours: then both act, and some messages are sent twice.
    return result.written || (result.tries > 1 && showsLook(result.found, job, look));
  }

  async close(job: Job, now: number): Promise<boolean> {
    const result = await updateIf(this.#client, {
      table: this.#table,
      key: makeMetaKey(job),
      format: META_FORMAT,
      update: 'SET closed_at = :now REMOVE #shard, #key, due_at',
      // The job is still open, and it is this job, not a later one with the same id.
      condition: 'attribute_exists(#shard) AND created_at = :created',
      names: KEY_NAMES,
      values: { ':now': now, ':created': job.createdAt },
    });
    return result.written;
  }

  async #query(
    input: Omit<QueryCommandInput, 'TableName' | 'IndexName'>,
    options: { readonly abortSignal?: AbortSignal } = {},
  ) {
    const { Items = [], LastEvaluatedKey } = await this.#client.send(
      new QueryCommand({ TableName: this.#table, IndexName: OPEN_JOBS_INDEX, ...input }),
      options,
    );
    return { jobs: Items.map((item) => readOpenJob(unmarshall(item))), lastKey: LastEvaluatedKey };
  }
}

/** Whether the META item of a job holds this look. */
function showsLook(found: Item | undefined, { createdAt }: Job, look: Look): boolean {
  return (
    found?.['created_at'] === createdAt &&
    found['due_at'] === look.dueAt &&
    found['settled_seen'] === look.settled &&
    found['resends'] === look.resends &&
    found['give_ups'] === look.giveUps
  );
}

/** Takes the key as it is: one that is made anew from a damaged entry would lead elsewhere. */
function readStart(lastKey: Item): PageStart {
  const key = readText(lastKey, OPEN_KEY);
  return { accountId: Number(key.split('#')[0]), key };
}

/**
 * Reads an entry of the index. A job that is damaged, or of a later release, must not hide the others of its
 * shard. Without a time it is due at once: whoever then reads the job finds the fault.
 */
function readOpenJob(item: Item): OpenJob {
  const { due_at: dueAt, action, total } = item;
  return {
    ...readJobKey(item),
    createdAt: readText(item, OPEN_KEY).split('#')[1] ?? '',
    dueAt: typeof dueAt === 'string' ? dueAt : '',
    action: ACTION_NAMES.find((name) => name === action),
    total: typeof total === 'number' ? total : undefined,
  };
}
