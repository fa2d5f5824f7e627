/** Tests that the batches of many jobs at once have connections, however slowly SQS answers. */
import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeSqsClient } from '../../src/adapters/sqs/sqs-client.ts';
import { encodeChunk, encodeGiveUp } from '../../src/adapters/sqs/work-message.ts';
import { SqsWorkQueue } from '../../src/adapters/sqs/work-queue.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import { type Listener, listenOnLoopback } from '../../tools/kit/loopback.ts';
import { TRACE, aJob, makeIds } from '../support/builders.ts';

/** Longer than a connection may take to be made, so that no batch can wait for that of another one. */
const ANSWER_MS = 1_200;

let service: Listener;
const atOnce = { now: 0, most: 0 };
let calls: number;

beforeEach(async () => {
  calls = 0;
  service = await listenOnLoopback(
    createServer((request, response) => {
      calls += 1;
      atOnce.now += 1;
      atOnce.most = Math.max(atOnce.most, atOnce.now);
      request.resume();
      setTimeout(() => {
        atOnce.now -= 1;
        response.end('{}');
      }, ANSWER_MS);
    }),
  );
});
afterEach(() => service.close());

test('the batches of sixteen jobs and of as many give-ups wait for their turn, and none for a connection', async () => {
  const client = makeSqsClient({
    endpoint: service.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const failures: unknown[] = [];
  const send = client.send.bind(client) as (...args: unknown[]) => Promise<unknown>;
  client.send = ((...args: unknown[]) =>
    send(...args).catch((error: unknown) => {
      failures.push(error);
      throw error;
    })) as never;
  const chunks = new SqsWorkQueue(client, `${service.url}/0/chunks`, { encode: encodeChunk });
  const giveUps = new SqsWorkQueue(client, `${service.url}/0/give-ups`, { encode: encodeGiveUp });
  const work = cutIntoChunks(aJob({ total: 40, chunkSize: 1 }), makeIds(40), [...Array(40).keys()], TRACE);
  const overdue = work.map((each) => ({ ...each, reason: 'deadline' as const }));
  const sends = Array.from({ length: 16 }, () => [
    chunks.send(work, { until: Infinity }),
    giveUps.send(overdue, { until: Infinity }),
  ]).flat();
  await Promise.all(sends);
  // One without a connection in time would be tried again.
  expect(failures).toEqual([]);
  expect(calls).toBe(2 * 16 * 4);
  expect(atOnce.most).toBe(40);
  client.destroy();
});
