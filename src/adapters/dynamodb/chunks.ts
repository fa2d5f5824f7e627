/** Claims and results of chunks in DynamoDB: one item of the jobs table per chunk (ADR 5). */
import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { ChunkKey, ChunkResult, FailureGroup, Job } from '../../domain/job.ts';
import type { Chunks, Claim } from '../../ports/chunks.ts';
import { getItem } from './get-item.ts';
import {
  makeFailureItems,
  makeJobPartition,
  readResult,
  makeResultKey,
  makeResultPrefix,
  RESULT_FORMAT,
} from './job-item.ts';
import { readNumber } from './read-item.ts';
import { updateIf } from './update.ts';

export class DynamoDBChunks implements Chunks {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async claim(chunk: ChunkKey, owner: string, now: number, until: number): Promise<Claim> {
    const result = await updateIf(this.#client, {
      table: this.#table,
      key: makeResultKey(chunk),
      format: RESULT_FORMAT,
      update: 'SET claimed_by = :owner, claimed_until = :until, expires_at = :expires, #format = :format',
      //  no claim │ claimed: nobody else may │ the claim is over: its owner is dead │ settled: never again
      //  ─────────┼──────────────────────────┼──────────────────────────────────────┼────────────────────►
      //   ours    │                claimed_until   ours                              │
      condition: 'attribute_not_exists(settled_at) AND (attribute_not_exists(pk) OR claimed_until <= :now)',
      values: { ':owner': owner, ':until': until, ':now': now, ':expires': chunk.expiresAt },
      returns: 'UPDATED_OLD',
    });
    if (result.written) return { kind: 'claimed', begun: result.item['claimed_by'] !== undefined };
    const item = result.found ?? (await getItem(this.#client, this.#table, makeResultKey(chunk)));
    const settled = item && readResult(item);
    if (settled !== undefined) return { kind: 'settled', failures: settled.failures };
    // The claim is ours if the answer of its first try was lost and the client tried again.
    if (item?.['claimed_by'] === owner) return { kind: 'claimed', begun: true };
    // Without an item, its claim was deleted since: it is over.
    return { kind: 'taken', until: item === undefined ? now : readNumber(item, 'claimed_until') };
  }

  async release(chunk: ChunkKey, owner: string, until: number): Promise<void> {
    await updateIf(this.#client, {
      table: this.#table,
      key: makeResultKey(chunk),
      format: RESULT_FORMAT,
      update: 'SET claimed_until = :until',
      // Only our own claim, and only while there is no result. Otherwise there is nothing to release.
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
    const result = await updateIf(this.#client, {
      table: this.#table,
      key: makeResultKey(chunk),
      format: RESULT_FORMAT,
      update: 'SET settled_at = :now, failures = :failures',
      // The first result stands, and only the owner of the claim may write it. A worker that was frozen, and
      // wakes after another owner has claimed the chunk, is refused. The end of the claim does not matter
      // here: until another owner claims the chunk, it is ours.
      condition: 'claimed_by = :owner AND attribute_not_exists(settled_at)',
      values: { ':owner': owner, ':now': now, ':failures': makeFailureItems(failures) },
    });
    if (result.written) return true;
    // The result is ours if the answer of its first try was lost: an owner settles once, and a result stands.
    const item = result.found ?? (await getItem(this.#client, this.#table, makeResultKey(chunk)));
    return item?.['settled_at'] !== undefined && item['claimed_by'] === owner;
  }

  async readResults(job: Job): Promise<ChunkResult[]> {
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#table,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: marshall({
          ':pk': makeJobPartition(job),
          ':prefix': makeResultPrefix(job),
        }),
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
}
