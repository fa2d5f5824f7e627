/** Writes projects and target groups into their table, several batches at a time. */
import { setTimeout as pause } from 'node:timers/promises';
import { type AttributeValue, BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { makeProjectItem, makeTargetGroupItem } from '../../../src/adapters/dynamodb/target-group-item.ts';
import { computeDelay } from '../../../src/domain/backoff.ts';
import type { DataRecord } from '../../import/records.ts';

/** BatchWriteItem takes at most this number of items. */
const BATCH_SIZE = 25;

const BATCHES_AT_A_TIME = 8;

/** Attempts to write an unprocessed item, with growing random pauses of at most 5 seconds. */
const MOST_ATTEMPTS = 12;

type Item = Record<string, AttributeValue>;

export class BatchWriter {
  readonly #dynamodb: DynamoDBClient;
  readonly #table: string;
  #batch = new Map<string, Item>();
  readonly #inFlight = new Map<Promise<void>, ReadonlySet<string>>();

  constructor(dynamodb: DynamoDBClient, table: string) {
    this.#dynamodb = dynamodb;
    this.#table = table;
  }

  /**
   * Starts to write a record; resolves at once unless all batches are in flight. The last of several records
   * with the same key wins.
   */
  async put(record: DataRecord): Promise<void> {
    const item =
      record.type === 'project' ? makeProjectItem(record.tenant) : makeTargetGroupItem(record.group);
    this.#batch.set(item['pk']?.S ?? '', item);
    if (this.#batch.size === BATCH_SIZE) await this.#send();
  }

  /** Writes the last batch; resolves when all records are written. */
  async flush(): Promise<void> {
    if (this.#batch.size > 0) await this.#send();
    await Promise.all(this.#inFlight.keys());
  }

  async #send(): Promise<void> {
    const batch = this.#batch;
    this.#batch = new Map();
    const keys = [...batch.keys()];
    // An earlier write of the same key must not arrive after this one.
    const before = [...this.#inFlight].filter(([, others]) => keys.some((key) => others.has(key)));
    await Promise.all(before.map(([written]) => written));
    while (this.#inFlight.size >= BATCHES_AT_A_TIME) await Promise.race(this.#inFlight.keys());
    const written = this.#write([...batch.values()]).finally(() => this.#inFlight.delete(written));
    this.#inFlight.set(written, new Set(keys));
    // The next caller that waits gets the error; this handler keeps it from being unhandled until then.
    written.catch(() => undefined);
  }

  async #write(items: Item[]): Promise<void> {
    let left = items.map((Item) => ({ PutRequest: { Item } }));
    for (let attempt = 1; left.length > 0; attempt++) {
      if (attempt > MOST_ATTEMPTS) throw new Error(`${this.#table}: items stay unprocessed`);
      if (attempt > 1) await pause(Math.random() * computeDelay(attempt, { first: 100, longest: 5_000 }));
      const { UnprocessedItems } = await this.#dynamodb.send(
        new BatchWriteItemCommand({ RequestItems: { [this.#table]: left } }),
      );
      left = (UnprocessedItems?.[this.#table] ?? []).flatMap(({ PutRequest }) =>
        PutRequest?.Item === undefined ? [] : { PutRequest: { Item: PutRequest.Item } },
      );
    }
  }
}
