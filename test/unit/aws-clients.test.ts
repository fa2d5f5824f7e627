/** Tests that the AWS clients give up a service that never answers, and do not delay calls (ADR 17). */
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { type DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Listener, listenOnLoopback } from '../../tools/kit/loopback.ts';
import { DynamoDBBacklog } from '../../src/adapters/dynamodb/backlog.ts';
import { CALL_LIMITS, makeDynamoDBClient } from '../../src/adapters/dynamodb/dynamodb-client.ts';
import { DynamoDBOpenJobs } from '../../src/adapters/dynamodb/open-jobs.ts';
import { MAX_IDLE_MS } from '../../src/adapters/lambda/connections.ts';
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

test('a create waits two seconds at most for its calls about the open work, whatever the client retries', async () => {
  const client = makeDynamoDBClient({ ...options, maxAttempts: 4 });
  // Each try has a connection of its own, since the one before was not answered.
  let tries = 0;
  const count = () => (tries += 1);
  silent.on('connection', count);
  const backlog = new DynamoDBBacklog(client, 'jobs', 3_600_000);
  const calls = [
    () => backlog.estimate(Date.now()),
    () => backlog.addAccepted(1_000, Date.now()),
    () => new DynamoDBOpenJobs(client, 'jobs').readAccount(101, 10),
  ];
  for (const call of calls) {
    tries = 0;
    await expect(call()).rejects.toThrow();
    // The first try ends at the same time, so that a second one may have begun.
    expect(tries).toBeLessThanOrEqual(2);
  }
  silent.off('connection', count);
  client.destroy();
});

test('64 calls at once, as many as reconcile makes, have a connection each', async () => {
  const waiting: ServerResponse[] = [];
  // Answers none before all wait: a call that waits for the connection of another one would wait for ever.
  const server = createHttpServer((_request, response) => {
    waiting.push(response);
    if (waiting.length === 64) for (const each of waiting) each.end('{}');
  });
  const listening = await listenOnLoopback(server);
  const client = makeDynamoDBClient({ ...options, endpoint: listening.url });
  // In a busy process a call could give up before it is read, and leave its connection to another one.
  const handler = client.config.requestHandler as {
    updateHttpClientConfig?: (key: string, ms: number) => void;
  };
  for (const limit of Object.keys(CALL_LIMITS)) handler.updateHttpClientConfig?.(limit, 0);
  await Promise.all(Array.from({ length: 64 }, () => client.send(new ListTablesCommand({}))));
  client.destroy();
  await listening.close();
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
  /** The connection of the last request. */
  let last: Socket | undefined;
  let forgotten: Set<Socket>;
  /** So many requests are answered together, so that each has a connection. */
  let atOnce: number;
  /** By the clock of the client, ms. */
  let now: number;

  beforeEach(async () => {
    connections = [];
    forgotten = new Set();
    atOnce = CALLS;
    now = 0;
    let waiting: ServerResponse[] = [];
    const http = createHttpServer((request, response) => {
      request.resume();
      last = request.socket;
      if (forgotten.has(request.socket)) {
        request.socket.resetAndDestroy();
        return;
      }
      waiting.push(response);
      if (waiting.length < atOnce) return;
      for (const each of waiting) each.end('{}');
      waiting = [];
    });
    http.on('connection', (socket) => connections.push(socket));
    server = await listenOnLoopback(http);
  });
  afterEach(() => server.close());

  function forgetConnections(except?: Socket) {
    expect(connections).toHaveLength(CALLS);
    forgotten = new Set(connections.filter((socket) => socket !== except));
    atOnce = 1;
  }

  function makeSingleTryClient() {
    return makeDynamoDBClient({ ...options, endpoint: server.url, maxAttempts: 1 }, () => now);
  }

  const callAtOnce = (client: DynamoDBClient, calls: number) =>
    Promise.all(Array.from({ length: calls }, () => client.send(new ListTablesCommand({}))));

  test('DynamoDB answers at the second try', async () => {
    const client = makeDynamoDBClient({ ...options, endpoint: server.url });
    await callAtOnce(client, CALLS);
    forgetConnections();
    await client.send(new ListTablesCommand({}));
    client.destroy();
  });

  test('DynamoDB answers calls that get one try, if the freeze was long', async () => {
    const client = makeSingleTryClient();
    await callAtOnce(client, CALLS);
    forgetConnections();
    now += MAX_IDLE_MS + 1;
    await callAtOnce(client, CALLS);
    client.destroy();
  });

  test('of the connections of DynamoDB only those are kept that were used lately', async () => {
    const client = makeSingleTryClient();
    await callAtOnce(client, CALLS);
    atOnce = 1;
    now += MAX_IDLE_MS;
    await client.send(new ListTablesCommand({}));
    forgetConnections(last);
    now += 1;
    atOnce = 2;
    await callAtOnce(client, 2);
    expect(connections).toHaveLength(CALLS + 1);
    client.destroy();
  });

  test('DynamoDB keeps the connections of a function that is invoked all the time', async () => {
    const client = makeSingleTryClient();
    for (let invocation = 1; invocation <= 3; invocation += 1) {
      await callAtOnce(client, CALLS);
      now += MAX_IDLE_MS;
    }
    expect(connections).toHaveLength(CALLS);
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

  test('SQS answers at the first call, if the freeze was long', async () => {
    const client = makeSqsClient({ ...options, endpoint: server.url }, () => now);
    await Promise.all(Array.from({ length: CALLS }, () => client.send(new ListQueuesCommand({}))));
    forgetConnections();
    now += MAX_IDLE_MS + 1;
    await client.send(new ListQueuesCommand({}));
    client.destroy();
  });
});
