/** Claims and results of chunks in DynamoDB: one item of the jobs table for each chunk. */
import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { ChunkKey, ChunkResult, FailureGroup, Job } from '../../domain/job.ts';
import type { Chunks, Claim } from '../../ports/chunks.ts';
import { getItem } from './get-item.ts';
import { failureItems, jobPartition, readFailures, readResult, resultKey, resultPrefix } from './job-item.ts';
import { updateIf } from './update.ts';

export class DynamoDBChunks implements Chunks {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async claim(chunk: ChunkKey, owner: string, now: number, until: number): Promise<Claim> {
    const claimed = await updateIf(this.#client, {
      table: this.#table,
      key: resultKey(chunk),
      update: 'SET claimed_by = :owner, claimed_until = :until, expires_at = :expires',
      //  no claim │ claimed: nobody else may │ the claim is over: its owner is dead │ settled: never again
      //  ─────────┼──────────────────────────┼──────────────────────────────────────┼────────────────────►
      //   ours    │                claimed_until   ours                              │
      condition: 'attribute_not_exists(settled_at) AND (attribute_not_exists(pk) OR claimed_until <= :now)',
      values: { ':owner': owner, ':until': until, ':now': now, ':expires': chunk.expiresAt },
      returns: 'UPDATED_OLD',
    });
    if (claimed !== undefined) return { kind: 'claimed', begun: claimed['claimed_by'] !== undefined };
    const item = await getItem(this.#client, this.#table, resultKey(chunk));
    if (item?.['settled_at'] !== undefined) return { kind: 'settled', failures: readFailures(item) };
    // Our own claim, whose answer was lost on the way and which was tried again.
    return item?.['claimed_by'] === owner ? { kind: 'claimed', begun: true } : { kind: 'taken' };
  }

  async release(chunk: ChunkKey, owner: string, until: number): Promise<void> {
    await updateIf(this.#client, {
      table: this.#table,
      key: resultKey(chunk),
      update: 'SET claimed_until = :until',
      // Only ours, and only while there is no result. When it is not ours any more, there is nothing to give
      // back.
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
    const settled = await updateIf(this.#client, {
      table: this.#table,
      key: resultKey(chunk),
      update: 'SET settled_at = :now, failures = :failures',
      // The first result stands, and only the holder of the claim may write it: a worker that was frozen and
      // wakes after its claim has ended and been taken over is not the owner any more. The claim's end does
      // not matter here: while nobody has taken it over, the chunk is still ours.
      condition: 'claimed_by = :owner AND attribute_not_exists(settled_at)',
      values: { ':owner': owner, ':now': now, ':failures': failureItems(failures) },
    });
    if (settled !== undefined) return true;
    // Our own write, whose answer was lost on the way: an owner settles once, and nobody takes over a result.
    const item = await getItem(this.#client, this.#table, resultKey(chunk));
    return item?.['settled_at'] !== undefined && item['claimed_by'] === owner;
  }

  async results(job: Job): Promise<ChunkResult[]> {
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#table,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: marshall({ ':pk': jobPartition(job), ':prefix': resultPrefix(job) }),
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
