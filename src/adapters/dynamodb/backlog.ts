/**
 * The backlog in DynamoDB: items of the jobs table that belong to no job.
 *
 * | sk                | holds                                                                    |
 * | ----------------- | ------------------------------------------------------------------------ |
 * | `MINUTE#<minute>` | target groups that were accepted in that minute, as far as they are counted |
 * | `PASS`            | target groups of all open jobs at the last pass of reconcile             |
 */
import { type DynamoDBClient, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Backlog } from '../../ports/backlog.ts';
import { FORMAT } from '../format.ts';
import { readNumber, readText, requireKnownFormat } from './read-item.ts';

/** The format in which the items are written, and the latest one that is read (ADR 37). */
const BACKLOG_FORMAT = 1;

/** No job has this partition key, because that of a job contains `#`. */
const PARTITION = 'BACKLOG';

const MINUTE_MS = 60_000;

/** What is older is not read: reconcile has not run for so long, which raises an alarm. */
const READ_BACK_MS = 15 * MINUTE_MS;

/** How long the item of a minute is kept, seconds. */
const KEPT_SECONDS = 3_600;

const makeMinuteKey = (at: number) => `MINUTE#${new Date(at).toISOString().slice(0, 16)}`;

export class DynamoDBBacklog implements Backlog {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async savePass(targetGroups: number, at: number): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: marshall({ pk: PARTITION, sk: 'PASS' }),
        UpdateExpression: 'SET target_groups = :groups, counted_at = :at, #format = :format',
        ExpressionAttributeNames: { '#format': FORMAT },
        ExpressionAttributeValues: marshall({
          ':groups': targetGroups,
          ':at': at,
          ':format': BACKLOG_FORMAT,
        }),
      }),
    );
  }

  async addAccepted(targetGroups: number, at: number): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: marshall({ pk: PARTITION, sk: makeMinuteKey(at) }),
        UpdateExpression: 'ADD target_groups :groups SET expires_at = :expires, #format = :format',
        ExpressionAttributeNames: { '#format': FORMAT },
        ExpressionAttributeValues: marshall({
          ':groups': targetGroups,
          ':expires': Math.floor(at / 1000) + KEPT_SECONDS,
          ':format': BACKLOG_FORMAT,
        }),
      }),
    );
  }

  async estimate(now: number): Promise<number> {
    // The minutes come before the pass in the order of the keys, so one query reads both.
    const { Items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'pk = :pk AND sk >= :from',
        ExpressionAttributeValues: marshall({ ':pk': PARTITION, ':from': makeMinuteKey(now - READ_BACK_MS) }),
      }),
    );
    const items = Items.map((item) => unmarshall(item));
    for (const item of items) requireKnownFormat(item, BACKLOG_FORMAT);
    const pass = items.find((item) => item['sk'] === 'PASS');
    // The minute of the pass counts as a whole: rather too much than too little.
    const since = pass === undefined ? '' : makeMinuteKey(readNumber(pass, 'counted_at'));
    const minutes = items.filter((item) => item !== pass && readText(item, 'sk') >= since);
    return [...minutes, ...(pass === undefined ? [] : [pass])].reduce(
      (sum, item) => sum + readNumber(item, 'target_groups'),
      0,
    );
  }
}
