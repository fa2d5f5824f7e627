/** Key sets of token issuers in DynamoDB: one item for each source, with the last good set (ADR 19). */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { computeKeySetId, type KeySet, type KeySource } from '../../domain/key-set.ts';
import type { KeySets } from '../../ports/key-sets.ts';
import { FORMAT } from '../format.ts';
import { getItem } from './get-item.ts';
import { readNumber, readText, requireKnownFormat } from './read-item.ts';

/** The format in which the item is written, and the latest one that is read (ADR 37). */
const KEY_SET_FORMAT = 1;

/** Longest read. A function reads the item while it starts, for which Lambda gives it 10 s in all. */
const READ_TIMEOUT_MS = 2_000;

const makeKey = (source: KeySource) => ({ id: computeKeySetId(source) });

export class DynamoDBKeySets implements KeySets {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #keptMs: number;

  /** @param keptMs time after its fetch at which a set is of no more use, and DynamoDB may delete its item */
  constructor(client: DynamoDBClient, table: string, keptMs: number) {
    this.#client = client;
    this.#table = table;
    this.#keptMs = keptMs;
  }

  async find(source: KeySource): Promise<KeySet | undefined> {
    const item = await getItem(
      this.#client,
      this.#table,
      makeKey(source),
      AbortSignal.timeout(READ_TIMEOUT_MS),
    );
    if (item === undefined) return undefined;
    requireKnownFormat(item, KEY_SET_FORMAT);
    return { json: readText(item, 'key_set'), fetchedAt: readNumber(item, 'fetched_at') };
  }

  async save(source: KeySource, { json, fetchedAt }: KeySet): Promise<boolean> {
    const item = {
      ...makeKey(source),
      [FORMAT]: KEY_SET_FORMAT,
      // For people who read the table.
      issuer: source.issuer,
      key_set: json,
      fetched_at: fetchedAt,
      expires_at: Math.ceil((fetchedAt + this.#keptMs) / 1000),
    };
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: marshall(item),
          //  no set is there, or a damaged one │ its fetch began before ours │ at the same time or after
          //  ──────────────────────────────────┼─────────────────────────────┼──────────────────────────►
          //                ours                │            ours             │          theirs
          // An item of a later format is left as it is.
          ConditionExpression: 'NOT fetched_at >= :fetched AND NOT #format > :format',
          ExpressionAttributeNames: { '#format': FORMAT },
          ExpressionAttributeValues: marshall({ ':fetched': fetchedAt, ':format': KEY_SET_FORMAT }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}
