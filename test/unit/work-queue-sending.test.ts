/**
 * How the work queue sends: how much at once, how often, and after which pauses. Only that a pause is not too
 * short can be said of a busy machine.
 */
import type { SQSClient, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { afterEach, expect, jest, test } from '@jest/globals';
import { encodeChunk } from '../../src/adapters/sqs/work-message.ts';
import { SqsWorkQueue } from '../../src/adapters/sqs/work-queue.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import type { ChunkWork } from '../../src/ports/work-queue.ts';
import { TRACE, aJob, makeIds } from '../support/builders.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

type Send = (command: SendMessageBatchCommand, options: { abortSignal: AbortSignal }) => Promise<object>;

function queueOf(send: Send): SqsWorkQueue<ChunkWork> {
  const client = { send } as unknown as SQSClient;
  return new SqsWorkQueue(client, 'http://127.0.0.1:9/0/chunks', { encode: encodeChunk });
}

function chunks(count: number): ChunkWork[] {
  return cutIntoChunks(aJob({ total: count, chunkSize: 1 }), makeIds(count), [...Array(count).keys()], TRACE);
}

/** When a queue that takes nothing was asked, in ms. */
async function triesOf(answer: () => Promise<object>): Promise<number[]> {
  const at: number[] = [];
  const send = () => {
    at.push(performance.now());
    return answer();
  };
  await expect(queueOf(send).send(chunks(1), { until: Infinity })).rejects.toThrow(
    '1 of 1 messages could not be sent.',
  );
  return at;
}

test.each([
  { what: 'does not answer', answer: () => Promise.reject(new Error('no answer')) },
  { what: 'refuses an entry', answer: () => Promise.resolve({ Failed: [{ Id: '0' }] }) },
])('a queue that $what is asked five times, each pause twice as long', async ({ answer }) => {
  jest.spyOn(Math, 'random').mockReturnValue(0.99);
  const at = await triesOf(answer);
  const pauses = at.slice(1).map((time, i) => time - (at[i] ?? 0));
  expect(pauses).toHaveLength(4);
  for (const [i, longest] of [50, 100, 200, 400].entries()) {
    expect(pauses[i]).toBeGreaterThanOrEqual(0.99 * longest - 1);
  }
});

test('chance shortens a pause, down to none', async () => {
  // A pause of ms as long as its number would never end.
  jest.spyOn(Math, 'random').mockReturnValue(0);
  expect(await triesOf(() => Promise.reject(new Error('no answer')))).toHaveLength(5);
});

test('ten messages at a time, and ten of these batches at once', async () => {
  const sizes: number[] = [];
  const underWay = { now: 0, most: 0 };
  const queue = queueOf(async ({ input }) => {
    sizes.push(input.Entries?.length ?? 0);
    underWay.now += 1;
    underWay.most = Math.max(underWay.most, underWay.now);
    // Whoever sends beside this one has begun by then.
    await new Promise(setImmediate);
    underWay.now -= 1;
    return {};
  });
  await queue.send(chunks(113), { until: Infinity });
  expect(sizes).toEqual([...Array<number>(11).fill(10), 3]);
  expect(underWay.most).toBe(10);
});

test('the time until which is sent may be a part of a millisecond', async () => {
  let sent = 0;
  const queue = queueOf(() => {
    sent += 1;
    return Promise.resolve({});
  });
  // A timer takes whole milliseconds only.
  await queue.send(chunks(1), { until: Date.now() + 9_999.5 });
  expect(sent).toBe(1);
});

test('a send without an answer is given up when the time is up, and not tried again', async () => {
  let tries = 0;
  const queue = queueOf((_command, { abortSignal }) => {
    tries += 1;
    return new Promise((_, reject) => {
      abortSignal.addEventListener('abort', () => {
        reject(new Error('aborted'));
      });
    });
  });
  await expect(queue.send(chunks(1), { until: Date.now() + 30 })).rejects.toThrow(
    '1 of 1 messages could not be sent.',
  );
  expect(tries).toBe(1);
});
