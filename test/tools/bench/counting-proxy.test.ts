/** Tests the counting proxy: what it asks of DynamoDB, what it records, and what SQS bills. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  type CountingProxy,
  countQueueRequests,
  startCountingProxy,
} from '../../../tools/bench/rig/counting-proxy.ts';
import { makeJsonAnswer } from '../../../tools/kit/http-server.ts';
import { StandIn } from '../../support/stand-in.ts';

/** The next answer of the emulator. */
let answer: { status: number; body: unknown } = { status: 200, body: {} };
const emulator = new StandIn(() => makeJsonAnswer(answer.body, answer.status));
let proxy: CountingProxy;

beforeAll(async () => {
  await emulator.listen();
  proxy = await startCountingProxy(emulator.url);
});
beforeEach(() => {
  emulator.requests.length = proxy.calls.length = 0;
});
afterAll(async () => {
  await proxy.close();
  await emulator.close();
});

/** Returns the body of the nth request to the emulator, from 0. */
const readRequestBody = (n: number): unknown => JSON.parse(emulator.requests[n]?.body ?? '');

async function call(target: string, body: object): Promise<Response> {
  const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' };
  const response = await fetch(proxy.url, { method: 'POST', headers, body: JSON.stringify(body) });
  await response.text();
  return response;
}

test('the proxy asks DynamoDB for the consumed capacity and records it with each call', async () => {
  const consumed = { TableName: 'T', CapacityUnits: 3, GlobalSecondaryIndexes: { I: { CapacityUnits: 2 } } };
  answer = { status: 200, body: { ConsumedCapacity: consumed } };
  await call('DynamoDB_20120810.UpdateItem', { TableName: 'T' });
  await call('DynamoDB_20120810.GetItem', { TableName: 'T' });
  answer = { status: 200, body: { ConsumedCapacity: [{ CapacityUnits: 1 }, { CapacityUnits: 2.5 }] } };
  await call('DynamoDB_20120810.BatchWriteItem', {});
  expect(readRequestBody(0)).toEqual({ TableName: 'T', ReturnConsumedCapacity: 'INDEXES' });
  expect(
    proxy.calls.map(({ operation, writeUnits, indexUnits, readUnits }) => [
      operation,
      writeUnits,
      indexUnits,
      readUnits,
    ]),
  ).toEqual([
    ['UpdateItem', 3, 2, 0],
    ['GetItem', 0, 0, 3],
    ['BatchWriteItem', 3.5, 0, 0],
  ]);
});

test('a refused write costs one unit, a refused read none, and the caller gets the answer', async () => {
  answer = { status: 400, body: { __type: 'ConditionalCheckFailedException' } };
  expect((await call('DynamoDB_20120810.PutItem', {})).status).toBe(400);
  await call('DynamoDB_20120810.Query', {});
  expect(proxy.calls.map(({ writeUnits, readUnits }) => writeUnits + readUnits)).toEqual([1, 0]);
});

test('calls of SQS pass unchanged, and are billed per 64 KB of messages', async () => {
  answer = { status: 200, body: {} };
  const entries = (bytes: number) => ({
    Entries: [{ MessageBody: 'x'.repeat(bytes) }, { MessageBody: 'y' }],
  });
  await call('AmazonSQS.SendMessageBatch', entries(65_535));
  await call('AmazonSQS.SendMessageBatch', entries(65_536));
  await call('AmazonSQS.ReceiveMessage', {});
  answer = { status: 200, body: { Messages: [{ Body: 'x' }] } };
  await call('AmazonSQS.ReceiveMessage', {});
  await call('AmazonSQS.DeleteMessageBatch', { Entries: [] });
  await call('AmazonSQS.GetQueueAttributes', {});
  expect(readRequestBody(2)).toEqual({});
  expect(proxy.calls.map(countQueueRequests)).toEqual([1, 2, 0, 1, 1, 0]);
});

test('calls that do not wait for each other overlap when the proxy delays its answers', async () => {
  answer = { status: 200, body: {} };
  proxy.delayMs = 50;
  await Promise.all([call('DynamoDB_20120810.GetItem', {}), call('DynamoDB_20120810.GetItem', {})]);
  proxy.delayMs = 0;
  const [one, other] = proxy.calls;
  expect(one?.start).toBeLessThan(other?.end ?? 0);
  expect(other?.start).toBeLessThan(one?.end ?? 0);
});
