/** Tests the work queue on SQS: with an embedded emulator, and with answers that refuse messages. */
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import {
  type WorkMessage,
  decodeMessage,
  encodeChunk,
  encodeGiveUp,
} from '../../src/adapters/sqs/work-message.ts';
import { makeSqsClient } from '../../src/adapters/sqs/sqs-client.ts';
import { SqsWorkQueue } from '../../src/adapters/sqs/work-queue.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import { EnqueueFailedError, UnparsableMessageError } from '../../src/domain/errors.ts';
import type { ChunkWork, GiveUpWork } from '../../src/ports/work-queue.ts';
import { TRACE, aJob, makeIds } from '../support/builders.ts';

let server: FauxqsServer;
let queueUrl: string;

const IN_TIME = { until: Infinity };

beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false, host: '127.0.0.1', messageSpies: true });
  server.createQueue('chunks');
  queueUrl = makeQueueUrl('chunks');
});
afterAll(() => server.stop());

const makeQueueUrl = (name: string) => `http://127.0.0.1:${server.port}/000000000000/${name}`;

const makeClient = () =>
  makeSqsClient({
    endpoint: `http://127.0.0.1:${server.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });

function makeWork(chunks: number): ChunkWork[] {
  const job = aJob({ total: chunks * 2, chunkSize: 2 });
  return cutIntoChunks(job, makeIds(job.total), [...Array(chunks).keys()], TRACE);
}

const makeGiveUps = (chunks: number): GiveUpWork[] =>
  makeWork(chunks).map((work) => ({ ...work, reason: 'deadline' }));

/** Receives every message in a queue. */
async function receiveAll(url = queueUrl): Promise<{ body: string; group: string | undefined }[]> {
  const messages = [];
  for (;;) {
    const { Messages = [] } = await makeClient().send(
      new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return messages;
    messages.push(
      ...Messages.map(({ Body = '', Attributes }) => ({ body: Body, group: Attributes?.MessageGroupId })),
    );
  }
}

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly MessageGroupId: string;
  readonly DelaySeconds?: number;
  readonly MessageSystemAttributes?: unknown;
}

/**
 * Makes a queue whose batches are answered by `answer`, and records the entries of each call.
 * @param answer gets the entries of a batch and the 1-based number of the call
 * @param isRecorded whether the invocation that sends is recorded
 */
function makeAnsweredQueue(
  answer: (entries: Entry[], call: number) => { Failed?: { Id: string }[] },
  isRecorded = () => false,
) {
  const sqs = makeClient();
  const calls: Entry[][] = [];
  sqs.send = ((command: { input: { Entries: Entry[] } }) => {
    calls.push(command.input.Entries);
    return Promise.resolve(answer(command.input.Entries, calls.length));
  }) as never;
  return {
    calls,
    queue: new SqsWorkQueue(sqs, queueUrl, { encode: encodeChunk, isRecorded, backoff: () => 0 }),
  };
}

const compareByIndex = (a: WorkMessage, b: WorkMessage) => a.work.chunk.index - b.work.chunk.index;

describe('sending', () => {
  test('each chunk arrives once and can be decoded', async () => {
    const sent = makeWork(37);
    await new SqsWorkQueue(makeClient(), queueUrl, { encode: encodeChunk }).send(sent, IN_TIME);
    const arrived = (await receiveAll()).map(({ body }) => decodeMessage(body));
    expect(arrived.sort(compareByIndex)).toEqual(sent.map((work) => ({ kind: 'chunk', work })));
  });

  test('each give-up arrives once, as a give-up with its reason', async () => {
    server.createQueue('give-ups');
    const url = makeQueueUrl('give-ups');
    const sent = makeGiveUps(12);
    await new SqsWorkQueue(makeClient(), url, { encode: encodeGiveUp }).send(sent, IN_TIME);
    const messages = await receiveAll(url);
    const arrived = messages.map(({ body }) => decodeMessage(body));
    expect(arrived.sort(compareByIndex)).toEqual(sent.map((work) => ({ kind: 'give-up', work })));
  });

  test('a message that is sent with a delay is invisible until then', async () => {
    server.createQueue('delayed');
    const url = makeQueueUrl('delayed');
    const queue = new SqsWorkQueue(makeClient(), url, { encode: encodeGiveUp });
    const start = Date.now();
    await queue.send(makeGiveUps(1), { ...IN_TIME, delayMs: 1_000 });
    let messages: unknown[] = [];
    while (messages.length === 0) {
      messages = await receiveAll(url);
      // One that comes at once fails here too: it would come before its second is over.
      if (messages.length === 0) await pause(50);
    }
    expect(Date.now() - start).toBeGreaterThanOrEqual(950);
  });

  test.each([
    { delayMs: undefined, seconds: undefined },
    { delayMs: 0, seconds: undefined },
    { delayMs: 1, seconds: 1 },
    { delayMs: 186_001, seconds: 187 },
    // The longest that SQS takes.
    { delayMs: 3_600_000, seconds: 900 },
  ])('a delay of $delayMs ms is one of $seconds s, in whole seconds', async ({ delayMs, seconds }) => {
    const { calls, queue } = makeAnsweredQueue(() => ({}));
    await queue.send(makeWork(1), { ...IN_TIME, ...(delayMs !== undefined && { delayMs }) });
    expect(calls.flat().map(({ DelaySeconds }) => DelaySeconds)).toEqual([seconds]);
  });

  test('the messages are counted, also those that a worker has and those that are delayed', async () => {
    server.createQueue('counted');
    const url = makeQueueUrl('counted');
    const queue = new SqsWorkQueue(makeClient(), url, { encode: encodeChunk });
    expect(await queue.countMessages()).toBe(0);
    await queue.send(makeWork(11), IN_TIME);
    expect(await queue.countMessages()).toBe(11);
    await makeClient().send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 4 }));
    expect(await queue.countMessages()).toBe(11);
    await queue.send(makeWork(2), { ...IN_TIME, delayMs: 60_000 });
    expect(await queue.countMessages()).toBe(13);
  });

  test('refused messages are sent again, and no others', async () => {
    const sent = makeWork(10);
    const { calls, queue } = makeAnsweredQueue((entries, call) =>
      call === 1 ? { Failed: [{ Id: entries[3]?.Id ?? '' }, { Id: entries[8]?.Id ?? '' }] } : {},
    );
    await queue.send(sent, IN_TIME);
    expect(calls.map((entries) => entries.length)).toEqual([10, 2]);
    expect(calls[1]?.map(({ MessageBody }) => decodeMessage(MessageBody).work)).toEqual([sent[3], sent[8]]);
  });

  test('each message has its account as message group, so that accounts are served fairly', async () => {
    const { calls, queue } = makeAnsweredQueue(() => ({}));
    await queue.send(makeWork(2), IN_TIME);
    expect(calls.flat().map(({ MessageGroupId }) => MessageGroupId)).toEqual(['101', '101']);
  });

  test('each message has the trace header of AWS if the invocation is recorded, whatever the client’s flag', async () => {
    let recorded = true;
    const { calls, queue } = makeAnsweredQueue(
      () => ({}),
      () => recorded,
    );
    const [chunk] = makeWork(1);
    if (chunk === undefined) throw new Error('there is no chunk');
    const { traceparent } = TRACE;
    for (recorded of [true, false]) {
      for (const flags of ['01', '00']) {
        const trace = { ...TRACE, traceparent: traceparent.replace(/01$/, flags) };
        await queue.send([{ ...chunk, trace }], IN_TIME);
      }
    }
    const header = {
      AWSTraceHeader: {
        DataType: 'String',
        StringValue: `Root=1-aaaaaaaa-${'a'.repeat(24)};Parent=${'b'.repeat(16)};Sampled=1`,
      },
    };
    expect(calls.flat().map(({ MessageSystemAttributes }) => MessageSystemAttributes)).toEqual([
      header,
      header,
      undefined,
      undefined,
    ]);
  });

  test('messages that are always refused end in an error with their number', async () => {
    const { calls, queue } = makeAnsweredQueue((entries) => ({ Failed: [{ Id: entries.at(-1)?.Id ?? '' }] }));
    await expect(queue.send(makeWork(10), IN_TIME)).rejects.toThrow('1 of 10 messages could not be sent.');
    expect(calls).toHaveLength(5);
  });

  test('nothing is sent when the time is up', async () => {
    const { calls, queue } = makeAnsweredQueue(() => ({}));
    await expect(queue.send(makeWork(12), { until: Date.now() - 1 })).rejects.toThrow(EnqueueFailedError);
    expect(calls).toEqual([]);
  });
});

describe('a message', () => {
  const [one] = makeWork(1);
  if (one === undefined) throw new Error('there is no chunk');
  const good = encodeChunk(one);
  const encodeChanged = (change: object, ofJob: object = {}, ofChunk: object = {}): string =>
    JSON.stringify({ ...one, ...change, job: { ...one.job, ...ofJob }, chunk: { ...one.chunk, ...ofChunk } });

  test('of a later version, with unknown fields, is decoded', () => {
    const later = encodeChanged({ more: 1 }, { later: true }, { later: 1 });
    expect(decodeMessage(later)).toEqual(decodeMessage(good));
  });

  test.each<[string, string]>([
    ['that is not JSON', '{'],
    ['that is JSON of something else', '{"Records":[]}'],
    ['with another tenant in an id', encodeChanged({ ids: ['102#AAAAAAAAAAAAAAAAAAAAAA'] })],
    ['without ids', encodeChanged({ ids: [] })],
    ['with an invalid project id', encodeChanged({}, {}, { projectId: 'a#b' })],
    ['with an unknown action', encodeChanged({}, { action: 'delete' })],
    ['with an invalid account id', encodeChanged({}, {}, { accountId: 0 })],
    ['with a deadline that is no time', encodeChanged({}, { deadlineAt: 'soon' })],
    ['that gives up nothing', '{"give_up":null}'],
    ['that gives up work that is none', '{"give_up":{"reason":"deadline"}}'],
    ['that gives up for no reason', JSON.stringify({ give_up: one })],
    ['that gives up for an unknown reason', JSON.stringify({ give_up: { ...one, reason: 'mood' } })],
  ])('%s is refused', (_name, body) => {
    expect(() => decodeMessage(body)).toThrow(UnparsableMessageError);
  });
});
