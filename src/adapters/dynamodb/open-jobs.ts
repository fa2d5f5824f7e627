/** Open jobs in DynamoDB: the sparse index of the jobs table, and the attributes that put a job into it. */
import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Job } from '../../domain/job.ts';
import type { DueJob, OpenJobs, OpenJobsPage } from '../../ports/open-jobs.ts';
import { makeMetaKey, META_FORMAT, readJobKey } from './job-item.ts';
import { OPEN, OPEN_JOBS_INDEX } from './open-jobs-index.ts';
import { type Item, readNumber, readText } from './read-item.ts';
import { updateIf } from './update.ts';

export class DynamoDBOpenJobs implements OpenJobs {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async findDue(now: string, limit: number, after?: DueJob): Promise<DueJob[]> {
    const { Items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        IndexName: OPEN_JOBS_INDEX,
        KeyConditionExpression: '#open = :open AND due_at <= :now',
        ExpressionAttributeNames: { '#open': OPEN },
        ExpressionAttributeValues: marshall({ ':open': OPEN, ':now': now }),
        Limit: limit,
        ExclusiveStartKey: after && makeOpenKey(after),
      }),
    );
    return Items.map((item) => readDueJob(unmarshall(item)));
  }

  async count(limit: number, after?: DueJob): Promise<OpenJobsPage> {
    const { Items = [], LastEvaluatedKey } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        IndexName: OPEN_JOBS_INDEX,
        KeyConditionExpression: '#open = :open',
        ProjectionExpression: 'created_at',
        ExpressionAttributeNames: { '#open': OPEN },
        ExpressionAttributeValues: marshall({ ':open': OPEN }),
        Limit: limit,
        ExclusiveStartKey: after && makeOpenKey(after),
      }),
    );
    let oldestCreatedAt: string | undefined;
    for (const item of Items) {
      const createdAt = readText(unmarshall(item), 'created_at');
      if (oldestCreatedAt === undefined || createdAt < oldestCreatedAt) oldestCreatedAt = createdAt;
    }
    const next = LastEvaluatedKey && readDueJob(unmarshall(LastEvaluatedKey));
    return { count: Items.length, oldestCreatedAt, next };
  }

  async postpone(job: Job, from: string, to: string): Promise<{ readonly settledBefore: number } | 'lost'> {
    const before = await updateIf(this.#client, {
      table: this.#table,
      key: makeMetaKey(job),
      format: META_FORMAT,
      update: 'SET due_at = :to, settled_seen = :seen',
      // Nobody has moved the look since we read the index. When the answer of this write is lost, its retry
      // is refused and counts as a lost race; the job is then due again at its next look.
      condition: 'due_at = :from',
      values: { ':from': from, ':to': to, ':seen': job.settled.size },
      returns: 'ALL_OLD',
    });
    if (before === undefined) return 'lost';
    return { settledBefore: before['settled_seen'] === undefined ? 0 : readNumber(before, 'settled_seen') };
  }

  async close(job: Job, now: number): Promise<boolean> {
    const closed = await updateIf(this.#client, {
      table: this.#table,
      key: makeMetaKey(job),
      format: META_FORMAT,
      update: 'SET closed_at = :now REMOVE #open, due_at',
      // The job is still open, and it is this job, not a later one with the same id.
      condition: 'attribute_exists(#open) AND created_at = :created',
      names: { '#open': OPEN },
      values: { ':now': now, ':created': job.createdAt },
    });
    return closed !== undefined;
  }
}

/** Makes the key of an open job in the index. */
function makeOpenKey(due: DueJob) {
  return marshall({ ...makeMetaKey(due), [OPEN]: OPEN, due_at: due.dueAt });
}

function readDueJob(item: Item): DueJob {
  return { ...readJobKey(item), dueAt: readText(item, 'due_at') };
}
