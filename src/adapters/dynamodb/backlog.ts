/**
 * The backlog in DynamoDB: items of the jobs table that belong to no job.
 *
 * | sk                | holds                                                                   |
 * | ----------------- | ----------------------------------------------------------------------- |
 * | `ACCEPTED#<time>` | target groups that were accepted in the slot that begins then; it expires |
 * | `PASS`            | target groups of all open jobs at the last pass of reconcile            |
 */
import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type Backlog, findOldestSlot, findSlot, findSlotOfPass } from '../../ports/backlog.ts';
import { UnknownFormatError } from '../../domain/errors.ts';
import { formatTimestamp } from '../../domain/time.ts';
import { readNumber, readText, requireKnownFormat } from './read-item.ts';
import { updateIf } from './update.ts';

/** The format in which the items are written, and the latest one that is read (ADR 37). */
const BACKLOG_FORMAT = 1;

/** No job has this partition key, because that of a job contains `#`. */
const PARTITION = 'BACKLOG';

/** How long the item of a slot is kept, seconds. */
const KEPT_SECONDS = 3_600;

const makeSlotKey = (slot: number) => `ACCEPTED#${formatTimestamp(slot)}`;

export class DynamoDBBacklog implements Backlog {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async savePass(targetGroups: number, at: number): Promise<void> {
    await updateIf(this.#client, {
      table: this.#table,
      key: { pk: PARTITION, sk: 'PASS' },
      format: BACKLOG_FORMAT,
      update: 'SET target_groups = :groups, counted_at = :at, #format = :format',
      // No later pass was stored by another run of reconcile at the same time.
      condition: 'attribute_not_exists(counted_at) OR counted_at <= :at',
      values: { ':groups': targetGroups, ':at': at },
    });
  }

  async addAccepted(targetGroups: number, at: number): Promise<void> {
    // A retry after a lost answer counts the job twice, until the next pass.
    const { written } = await updateIf(this.#client, {
      table: this.#table,
      key: { pk: PARTITION, sk: makeSlotKey(findSlot(at)) },
      format: BACKLOG_FORMAT,
      update: 'ADD target_groups :groups SET expires_at = :expires, #format = :format',
      values: { ':groups': targetGroups, ':expires': Math.floor(at / 1000) + KEPT_SECONDS },
    });
    if (!written) throw new UnknownFormatError('A slot of the backlog was written by a later release.');
  }

  async estimate(now: number): Promise<number> {
    // The slots come before the pass in the order of the keys, so one query reads both. They are some 90 at
    // most, of some 80 bytes each, so one answer holds them.
    const { Items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'pk = :pk AND sk >= :from',
        ExpressionAttributeValues: marshall({ ':pk': PARTITION, ':from': makeSlotKey(findOldestSlot(now)) }),
      }),
    );
    const items = Items.map((item) => unmarshall(item));
    for (const item of items) requireKnownFormat(item, BACKLOG_FORMAT);
    const pass = items.find((item) => item['sk'] === 'PASS');
    // A clock that was ahead must not hide what was accepted since.
    const since =
      pass === undefined ? '' : makeSlotKey(findSlotOfPass(Math.min(readNumber(pass, 'counted_at'), now)));
    return items
      .filter((item) => item === pass || readText(item, 'sk') >= since)
      .reduce((sum, item) => sum + readNumber(item, 'target_groups'), 0);
  }
}
