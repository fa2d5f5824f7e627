/** Tests that the AWS clients give up a service that never answers, and do not delay calls (ADR 17). */
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Listener, listenOnLoopback } from '../../tools/kit/loopback.ts';
import { makeDynamoDBClient } from '../../src/adapters/dynamodb/dynamodb-client.ts';
import { makeSqsClient } from '../../src/adapters/sqs/sqs-client.ts';

const silent = createServer();
let listener: Listener;
let options: {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
};

beforeAll(async () => {
  listener = await listenOnLoopback(silent);
  options = {
    endpoint: listener.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  };
});
afterAll(() => listener.close());

test('a call of DynamoDB without an answer times out', async () => {
  const client = makeDynamoDBClient(options);
  await expect(client.send(new ListTablesCommand({}))).rejects.toMatchObject({ name: 'TimeoutError' });
  client.destroy();
});

test('a call of SQS without an answer times out', async () => {
  const client = makeSqsClient(options);
  await expect(client.send(new ListQueuesCommand({}))).rejects.toMatchObject({ name: 'TimeoutError' });
  client.destroy();
});

test('64 calls at once, as many as reconcile makes, have a connection each', async () => {
  let opened = 0;
  silent.on('connection', () => (opened += 1));
  const client = makeDynamoDBClient({ ...options, maxAttempts: 1 });
  const calls = Array.from({ length: 64 }, () => client.send(new ListTablesCommand({})));
  // Until the first call gives up, no connection is free for a call that would have to wait for one.
  await expect(Promise.race(calls)).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(opened).toBe(64);
  await Promise.allSettled(calls);
  client.destroy();
});

test('throttling does not delay the first attempt of other calls', async () => {
  const client = makeDynamoDBClient(options);
  const { retryMode } = client.config;
  expect(typeof retryMode === 'function' ? await retryMode() : retryMode).toBe('standard');
  client.destroy();
});

describe('after a freeze, in which all of its connections died unseen', () => {
  /** Calls at once before the freeze. */
  const CALLS = 16;
  let server: Listener;
  let connections: Socket[];
  let forgotten: Set<Socket>;

  beforeEach(async () => {
    connections = [];
    forgotten = new Set();
    let waiting: ServerResponse[] = [];
    const http = createHttpServer((request, response) => {
      request.resume();
      if (forgotten.has(request.socket)) {
        request.socket.resetAndDestroy();
        return;
      }
      // The first calls are answered together, so that each has a connection.
      waiting.push(response);
      if (waiting.length < CALLS && forgotten.size === 0) return;
      for (const each of waiting) each.end('{}');
      waiting = [];
    });
    http.on('connection', (socket) => connections.push(socket));
    server = await listenOnLoopback(http);
  });
  afterEach(() => server.close());

  function forgetConnections() {
    expect(connections).toHaveLength(CALLS);
    forgotten = new Set(connections);
  }

  test('DynamoDB answers at the second try', async () => {
    const client = makeDynamoDBClient({ ...options, endpoint: server.url });
    await Promise.all(Array.from({ length: CALLS }, () => client.send(new ListTablesCommand({}))));
    forgetConnections();
    await client.send(new ListTablesCommand({}));
    client.destroy();
  });

  test('SQS answers at the second call', async () => {
    const client = makeSqsClient({ ...options, endpoint: server.url });
    await Promise.all(Array.from({ length: CALLS }, () => client.send(new ListQueuesCommand({}))));
    forgetConnections();
    await expect(client.send(new ListQueuesCommand({}))).rejects.toThrow('ECONNRESET');
    await client.send(new ListQueuesCommand({}));
    client.destroy();
  });
});
