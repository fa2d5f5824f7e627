/**
 * Writes records into the table of target groups while jobs may run: it never overwrites the marks that jobs
 * set on target groups, nor attributes that it does not know.
 */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  makeProjectItem,
  makeTargetGroupItem,
  TARGET_GROUP_FORMAT,
} from '../../src/adapters/dynamodb/target-group-item.ts';
import { UnknownFormatError } from '../../src/domain/errors.ts';
import type { TargetGroup } from '../../src/domain/target-group.ts';
import type { DataRecord } from './records.ts';

/** How to treat a target group that exists already. */
export type Existing = 'skip' | 'update';

export interface Counts {
  /** Target groups that did not exist. */
  added: number;
  /** Existing target groups that now have the file's values. */
  updated: number;
  /** Existing target groups that were not changed. */
  skipped: number;
}

/** How many writes are in flight at once. */
const PARALLELISM = 64;

/** Time for the last writes after an interruption. A proxy or a table that does not answer takes longer. */
const GRACE_MS = 3_000;

/** Attributes of a target group that an update does not take from the record. */
const KEPT_ATTRIBUTES = ['version', 'fielding_run_id', 'format'];

export class Writer {
  readonly counts: Counts = { added: 0, updated: 0, skipped: 0 };
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #existing: Existing;
  readonly #projects = new Set<string>();
  /**
   * Writes in flight by key, so that two records of one target group are written in the order of the file.
   */
  readonly #inFlight = new Map<string, Promise<void>>();
  /** Numbers of the records that are not written yet, in ascending order. */
  readonly #unwritten = new Set<number>();
  /** Give up the requests in flight. */
  readonly #waiting = new Set<(reason: unknown) => void>();
  #next: number;

  /**
   * @param done how many records an earlier run wrote; the first record of this run gets this number
   * @param signal gives up the writes in flight some seconds after it aborts
   */
  constructor(
    client: DynamoDBClient,
    table: string,
    existing: Existing,
    done = 0,
    signal = new AbortController().signal,
  ) {
    const giveUpAfterGrace = () => {
      setTimeout(() => {
        for (const giveUp of this.#waiting) giveUp(signal.reason);
      }, GRACE_MS).unref();
    };
    signal.addEventListener('abort', giveUpAfterGrace, { once: true });
    this.#client = client;
    this.#table = table;
    this.#existing = existing;
    this.#next = done;
  }

  /** How many records from the start of the file are written. */
  get done(): number {
    for (const first of this.#unwritten) return first;
    return this.#next;
  }

  /**
   * Starts to write a record; resolves as soon as the next one can be passed.
   * @throws the error of an earlier write, after all attempts of the client
   */
  async put(record: DataRecord): Promise<void> {
    const number = this.#next++;
    this.#unwritten.add(number);
    const tenant = record.type === 'project' ? record.tenant : record.group;
    const project = `${tenant.accountId}#${tenant.projectId}`;
    if (!this.#projects.has(project)) {
      // Wait for this write: without its project, a target group cannot be found.
      await this.#putIfAbsent(makeProjectItem(tenant));
      this.#projects.add(project);
    }
    if (record.type === 'project') {
      this.#unwritten.delete(number);
      return;
    }
    const key = `${project}#${record.group.targetGroupId}`;
    await this.#inFlight.get(key);
    while (this.#inFlight.size >= PARALLELISM) await Promise.race(this.#inFlight.values());
    const written = this.#write(record.group).then(() => {
      this.#unwritten.delete(number);
      this.#inFlight.delete(key);
    });
    // A failed write stays in the map, so that the next caller that waits gets its error.
    written.catch(() => undefined);
    this.#inFlight.set(key, written);
  }

  /** Resolves when all records are written; rejects when a write failed. */
  async flush(): Promise<void> {
    await Promise.all(this.#inFlight.values());
  }

  /** Resolves when no write is in flight, also after failed writes. */
  async waitForWrites(): Promise<void> {
    await Promise.allSettled(this.#inFlight.values());
  }

  async #write(group: TargetGroup): Promise<void> {
    if (await this.#putIfAbsent(makeTargetGroupItem(group))) this.counts.added += 1;
    else if (this.#existing === 'skip') this.counts.skipped += 1;
    else if (await this.#sendUnlessRefused(this.#makeUpdate(group))) this.counts.updated += 1;
    else {
      throw new UnknownFormatError(
        `Target group ${group.targetGroupId} was written by a later release, whose format this one does not know. ` +
          'Import the file with the later release.',
        { known: TARGET_GROUP_FORMAT },
      );
    }
  }

  /** Adds an item. The condition protects one that exists, and the changes of jobs and users. */
  #putIfAbsent(Item: ReturnType<typeof makeProjectItem>): Promise<boolean> {
    return this.#sendUnlessRefused(
      new PutItemCommand({ TableName: this.#table, Item, ConditionExpression: 'attribute_not_exists(pk)' }),
    );
  }

  /**
   * Sets the file's values and increments the version; keeps the marks, the fielding run's id and what else
   * the item has. An item of a later format is refused.
   */
  #makeUpdate(group: TargetGroup): UpdateItemCommand {
    const { pk, ...attributes } = makeTargetGroupItem(group);
    const said = Object.entries(attributes).filter(([name]) => !KEPT_ATTRIBUTES.includes(name));
    const sets = [...said.map((_, i) => `#${i} = :${i}`), 'version = version + :one', '#format = :format'];
    return new UpdateItemCommand({
      TableName: this.#table,
      Key: { pk: pk ?? { S: '' } },
      UpdateExpression: `SET ${sets.join(', ')}`,
      ConditionExpression: 'attribute_not_exists(#format) OR #format <= :format',
      ExpressionAttributeNames: {
        ...Object.fromEntries(said.map(([name], i) => [`#${i}`, name])),
        '#format': 'format',
      },
      ExpressionAttributeValues: {
        ...Object.fromEntries(said.map(([, value], i) => [`:${i}`, value])),
        ':one': { N: '1' },
        ':format': { N: String(TARGET_GROUP_FORMAT) },
      },
    });
  }

  async #sendUnlessRefused(command: PutItemCommand | UpdateItemCommand): Promise<boolean> {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#waiting.add(reject);
    try {
      const sent =
        command instanceof PutItemCommand ? this.#client.send(command) : this.#client.send(command);
      await Promise.race([sent, promise]);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    } finally {
      this.#waiting.delete(reject);
    }
  }
}
