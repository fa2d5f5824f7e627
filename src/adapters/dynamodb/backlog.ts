/**
 * The backlog in DynamoDB: items of the jobs table that belong to no job.
 *
 * | sk                | holds                                                                   |
 * | ----------------- | ----------------------------------------------------------------------- |
 * | `ACCEPTED#<time>` | target groups that were accepted in the slot that begins then; it expires |
 * | `PASS`            | target groups of all open jobs at the last pass of reconcile            |
 */
import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import {
  type Backlog,
  computeReadBack,
  findSlot,
  findSlotOfPass,
  LATER_PASS_MS,
} from '../../ports/backlog.ts';
import { UnknownFormatError } from '../../domain/errors.ts';
import { formatTimestamp } from '../../domain/time.ts';
import { ADMISSION_CALL_MS } from './dynamodb-client.ts';
import { getItem } from './get-item.ts';
import { type Item, readNumber, readText, requireKnownFormat } from './read-item.ts';
import { updateIf } from './update.ts';

/** The format in which the items are written, and the latest one that is read (ADR 37). */
const BACKLOG_FORMAT = 1;

/** No job has this partition key, because that of a job contains `#`. */
const PARTITION = 'BACKLOG';

/** How long the item of a slot is kept, seconds: for some minutes after it counts no more, and for people. */
const computeKeptSeconds = (deadlineMs: number) =>
  Math.max(3_600, Math.ceil(computeReadBack(deadlineMs) / 1_000) + 600);

/** Items in the first answer: the pass and the slots of six minutes, in half a read unit. */
const FIRST_PAGE = 40;

/**
 * How much larger each further page is: the slots of half a day, which count while there is no pass, are read
 * with three calls.
 */
const PAGE_GROWTH = 10;

const PASS_KEY = { pk: PARTITION, sk: 'PASS' };

const makeSlotKey = (slot: number) => `ACCEPTED#${formatTimestamp(slot)}`;

export class DynamoDBBacklog implements Backlog {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #deadlineMs: number;

  /** @param deadlineMs time in which a job must end */
  constructor(client: DynamoDBClient, table: string, deadlineMs: number) {
    this.#client = client;
    this.#table = table;
    this.#deadlineMs = deadlineMs;
  }

  async savePass(targetGroups: number, at: number): Promise<void> {
    const result = await updateIf(this.#client, {
      table: this.#table,
      key: PASS_KEY,
      format: BACKLOG_FORMAT,
      update: 'SET target_groups = :groups, counted_at = :at, #format = :format',
      // No later pass was stored by another run of reconcile at the same time. A pass of a clock that is far
      // ahead, or a damaged one, would otherwise stay for hours or for good.
      condition: 'NOT (counted_at > :at AND counted_at <= :latest)',
      values: { ':groups': targetGroups, ':at': at, ':latest': at + LATER_PASS_MS },
    });
    if (result.written) return;
    // A later pass is as good. One of a later release is not: this release cannot read it.
    const found = result.found ?? (await getItem(this.#client, this.#table, PASS_KEY));
    if (found !== undefined) requireKnownFormat(found, BACKLOG_FORMAT);
  }

  async addAccepted(targetGroups: number, at: number): Promise<void> {
    // A retry after a lost answer counts the job twice, until the next pass. That pass counts every open job,
    // so the client of the create need not wait for all retries of this write.
    const { written } = await updateIf(this.#client, {
      table: this.#table,
      key: { pk: PARTITION, sk: makeSlotKey(findSlot(at)) },
      format: BACKLOG_FORMAT,
      update: 'ADD target_groups :groups SET expires_at = :expires, #format = :format',
      values: {
        ':groups': targetGroups,
        ':expires': Math.floor(at / 1000) + computeKeptSeconds(this.#deadlineMs),
      },
      abortSignal: AbortSignal.timeout(ADMISSION_CALL_MS),
    });
    if (!written) throw new UnknownFormatError('A slot of the backlog was written by a later release.');
  }

  async estimate(now: number): Promise<number> {
    let sum = 0;
    /** The first slot that counts, epoch ms. */
    let since = findSlot(now - computeReadBack(this.#deadlineMs));
    // The pass comes first, then the slots from the latest one on. So one page is enough unless the pass is
    // minutes old.
    for await (const item of this.#readFromEnd(makeSlotKey(since))) {
      if (item['sk'] === PASS_KEY.sk) {
        // A clock that was ahead must not hide what was accepted since.
        since = Math.max(since, findSlotOfPass(Math.min(readNumber(item, 'counted_at'), now)));
      } else if (readText(item, 'sk') < makeSlotKey(since)) break;
      sum += readNumber(item, 'target_groups');
    }
    return sum;
  }

  /** Reads the items whose sort keys are not below `from`, from the last one on. */
  async *#readFromEnd(from: string): AsyncGenerator<Item> {
    const options = { abortSignal: AbortSignal.timeout(ADMISSION_CALL_MS) };
    let start: QueryCommandInput['ExclusiveStartKey'];
    let limit = FIRST_PAGE;
    do {
      const { Items = [], LastEvaluatedKey } = await this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'pk = :pk AND sk >= :from',
          ExpressionAttributeValues: marshall({ ':pk': PARTITION, ':from': from }),
          ScanIndexForward: false,
          Limit: limit,
          ExclusiveStartKey: start,
        }),
        options,
      );
      for (const item of Items.map((stored) => unmarshall(stored))) {
        requireKnownFormat(item, BACKLOG_FORMAT);
        yield item;
      }
      start = LastEvaluatedKey;
      limit *= PAGE_GROWTH;
    } while (start !== undefined);
  }
}
