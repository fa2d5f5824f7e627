/**
 * Writes records into the table of target groups without harm to what is there: jobs may run meanwhile, and
 * the marks that they leave on target groups must stay.
 */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { projectItem, targetGroupItem } from '../../src/adapters/dynamodb/target-group-item.ts';
import type { TargetGroup } from '../../src/domain/target-group.ts';
import type { DataRecord } from './records.ts';

/** What is done with a target group that is there already. */
export type Existing = 'skip' | 'update';

export interface Counts {
  /** Target groups that were not there. */
  added: number;
  /** Target groups that were there and are now as the file says. */
  updated: number;
  /** Target groups that were there and were left alone. */
  skipped: number;
}

/** So many writes are under way at once. */
const PARALLELISM = 64;

/** Attributes of a target group that an update does not set to what the file says. */
const KEPT = ['version', 'fielding_run_id'];

export class Writer {
  readonly counts: Counts = { added: 0, updated: 0, skipped: 0 };
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #existing: Existing;
  readonly #projects = new Set<string>();
  /** By key, so that two records of one target group are written in the order of the file. */
  readonly #underWay = new Map<string, Promise<void>>();
  /** Numbers of the records that were given and are not written, in order. */
  readonly #open = new Set<number>();
  #next: number;

  /** @param done how many records were written before: the first one that is given has this number */
  constructor(client: DynamoDBClient, table: string, existing: Existing, done = 0) {
    this.#client = client;
    this.#table = table;
    this.#existing = existing;
    this.#next = done;
  }

  /** All records before this one are written. */
  get done(): number {
    for (const first of this.#open) return first;
    return this.#next;
  }

  /**
   * Takes a record; resolves as soon as another one can be taken.
   * @throws what a write before it threw, after all tries of the client
   */
  async put(record: DataRecord): Promise<void> {
    const number = this.#next++;
    this.#open.add(number);
    const tenant = record.type === 'project' ? record.tenant : record.group;
    const project = `${tenant.accountId}#${tenant.projectId}`;
    if (!this.#projects.has(project)) {
      // At once, not in the background: a project that is not there hides all its target groups.
      await this.#send(new PutItemCommand({ TableName: this.#table, Item: projectItem(tenant) }));
      this.#projects.add(project);
    }
    if (record.type === 'project') {
      this.#open.delete(number);
      return;
    }
    const key = `${project}#${record.group.targetGroupId}`;
    await this.#underWay.get(key);
    while (this.#underWay.size >= PARALLELISM) await Promise.race(this.#underWay.values());
    const written = this.#write(record.group).then(() => {
      this.#open.delete(number);
      this.#underWay.delete(key);
    });
    // It stays under way when it fails, so that whoever waits next gets the error.
    written.catch(() => undefined);
    this.#underWay.set(key, written);
  }

  /** Resolves when everything that was taken is written. */
  async flush(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  /** Resolves when nothing is under way any more, whether or not it was written. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#underWay.values());
  }

  async #write(group: TargetGroup): Promise<void> {
    const Item = targetGroupItem(group);
    const isNew = await this.#unlessRefused(
      // Only where there is none: what a job or a user has made of one that is there stays.
      new PutItemCommand({
        TableName: this.#table,
        Item,
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    if (isNew) this.counts.added += 1;
    else if (this.#existing === 'skip') this.counts.skipped += 1;
    else {
      await this.#send(this.#update(group));
      this.counts.updated += 1;
    }
  }

  /** Everything that the file says, and nothing else: the marks and the fielding run's id stay as they are. */
  #update(group: TargetGroup): UpdateItemCommand {
    const { pk, ...attributes } = targetGroupItem(group);
    const said = Object.entries(attributes).filter(([name]) => !KEPT.includes(name));
    const sets = [...said.map((_, i) => `#${i} = :${i}`), 'version = version + :one'];
    return new UpdateItemCommand({
      TableName: this.#table,
      Key: { pk: pk ?? { S: '' } },
      UpdateExpression: `SET ${sets.join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(said.map(([name], i) => [`#${i}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(said.map(([, value], i) => [`:${i}`, value])),
        ':one': { N: '1' },
      },
    });
  }

  async #unlessRefused(command: PutItemCommand): Promise<boolean> {
    try {
      await this.#send(command);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async #send(command: PutItemCommand | UpdateItemCommand): Promise<void> {
    await (command instanceof PutItemCommand ? this.#client.send(command) : this.#client.send(command));
  }
}
