/** The worker function itself: which messages of a batch it asks to have delivered again. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { CREDENTIALS, REGION } from '../../local/cloud.ts';
import { DynamoDBJobStore } from '../../src/adapters/dynamodb/job-store.ts';
import { targetGroupItem } from '../../src/adapters/dynamodb/target-group-item.ts';
import { encodeChunk } from '../../src/adapters/sqs/chunk-message.ts';
import { chunkWork } from '../../src/application/chunk-work.ts';
import { statusOf } from '../../src/domain/job.ts';
import { timestamp } from '../../src/domain/time.ts';
import { TRACE, aJob, aTargetGroup } from '../support/builders.ts';
import { type TestTables, openTables } from '../support/tables.ts';

let tables: TestTables;
let handler: (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

beforeAll(async () => {
  tables = await openTables();
  const endpoint = await tables.client.config.endpoint?.();
  Object.assign(process.env, {
    JOBS_TABLE: tables.jobs,
    TARGET_GROUPS_TABLE: tables.targetGroups,
    // Nothing listens there: that a message cannot be returned early must not matter.
    CHUNKS_QUEUE_URL: 'http://127.0.0.1:9/000000000000/chunks',
    PARALLELISM: '4',
    CLAIM_SECONDS: '330',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: `http://${endpoint?.hostname ?? ''}:${endpoint?.port ?? ''}`,
    AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9',
  });
  ({ handler } = await import('../../lambdas/worker.ts'));
});
afterAll(() => tables.close());

const context = { getRemainingTimeInMillis: () => 20_000, awsRequestId: 'r' } as Context;

function eventOf(bodies: readonly string[]): SQSEvent {
  const records = bodies.map((body, i) => ({
    messageId: `m${i}`,
    receiptHandle: `h${i}`,
    body,
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {},
  }));
  return { Records: records } as unknown as SQSEvent;
}

/** A job that is created and has its target groups, as the messages of its chunks. */
async function aJobInMessages(groups: number, chunkSize: number) {
  const store = new DynamoDBJobStore(tables.client, tables.jobs);
  const made = Array.from({ length: groups }, () =>
    aTargetGroup({ endFieldingAt: '2099-01-01T00:00:00.000Z' }),
  );
  for (const group of made) {
    await tables.client.send(
      new PutItemCommand({ TableName: tables.targetGroups, Item: targetGroupItem(group) }),
    );
  }
  const expiresAt = Math.floor(Date.now() / 1000) + 3600;
  const job = aJob({ total: groups, chunkSize, createdAt: timestamp(Date.now()), expiresAt });
  await store.commit(job, 'owner', Date.now(), timestamp(Date.now()));
  const ids = made.map(({ targetGroupId }) => targetGroupId);
  const indexes = [...Array(Math.ceil(groups / chunkSize)).keys()];
  return { store, job, bodies: chunkWork(job, ids, indexes, TRACE).map(encodeChunk) };
}

describe('the worker', () => {
  test('asks for nothing again when all is done, and the job has ended', async () => {
    const { store, job, bodies } = await aJobInMessages(5, 2);
    expect(await handler(eventOf(bodies), context)).toEqual({ batchItemFailures: [] });
    const ended = await store.find(job, Date.now());
    expect(ended && statusOf(ended)).toBe('Completed');
  });

  test('asks for the one again that it could not do, and does the others', async () => {
    const { store, job, bodies } = await aJobInMessages(4, 2);
    const [first = '', second = ''] = bodies;
    expect(await handler(eventOf([first, 'not ours', second]), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
    const ended = await store.find(job, Date.now());
    expect(ended && statusOf(ended)).toBe('Completed');
  });

  test('asks for all of them again when it could do none', async () => {
    expect(await handler(eventOf(['not ours', '{}']), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm0' }, { itemIdentifier: 'm1' }],
    });
  });

  test('hands back what it has no time for', async () => {
    const { bodies } = await aJobInMessages(2, 2);
    // The function asks first; middy, which would cut it off, asks afterwards.
    const remaining = [0];
    const late = { ...context, getRemainingTimeInMillis: () => remaining.shift() ?? 20_000 };
    expect(await handler(eventOf(bodies), late)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
  });
});
