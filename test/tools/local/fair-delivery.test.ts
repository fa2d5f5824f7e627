/** Tests that the embedded queue delivers fairly: a flood of one account does not hold up another one. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { makeEmulatorConfig } from '../../../tools/kit/emulator.ts';
import { type Emulators, startEmulators } from '../../../tools/local/emulators/start-emulators.ts';

let emulators: Emulators;
let sqs: SQSClient;

beforeAll(async () => {
  // Only SQS is started.
  emulators = await startEmulators({ dynamodb: 'http://127.0.0.1:1' }, (error) => {
    throw error;
  });
  sqs = new SQSClient(makeEmulatorConfig(emulators.sqs));
});
afterAll(async () => {
  sqs.destroy();
  await emulators.stop();
});

async function makeQueue(): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: randomUUID() }));
  return new URL(new URL(QueueUrl).pathname, emulators.sqs).href;
}

/** Sends messages of a group; their bodies are the group and a number. */
async function send(queue: string, group: string | undefined, count: number): Promise<void> {
  for (let from = 0; from < count; from += 10) {
    const Entries = Array.from({ length: Math.min(10, count - from) }, (_, i) => ({
      Id: String(i),
      MessageBody: `${group ?? 'none'} ${from + i}`,
      ...(group !== undefined && { MessageGroupId: group }),
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries }));
  }
}

async function receive(queue: string, most = 1): Promise<Message[]> {
  const command = new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: most });
  return (await sqs.send(command)).Messages ?? [];
}

async function remove(queue: string, message: Message | undefined): Promise<void> {
  await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: message?.ReceiptHandle }));
}

/** Receives everything as `workers` workers do, each with one message at a time. @returns the bodies */
async function work(queue: string, workers: number): Promise<string[]> {
  const bodies: string[] = [];
  const held: Message[] = [];
  for (;;) {
    const [message] = await receive(queue);
    if (message === undefined && held.length === 0) return bodies;
    if (message !== undefined) {
      bodies.push(message.Body ?? '');
      held.push(message);
    }
    if (held.length >= workers || message === undefined) await remove(queue, held.shift());
  }
}

/** Counts the messages of a flood that were taken before the last one of the quiet group. */
function countBeforeLast(bodies: readonly string[], flood: string, quiet: string): number {
  const last = bodies.findLastIndex((body) => body.startsWith(quiet));
  return bodies.slice(0, last).filter((body) => body.startsWith(flood)).length;
}

test.each([1, 4])('with %i workers, a flood gets one turn for each of the quiet account', async (workers) => {
  const queue = await makeQueue();
  await send(queue, 'flood', 200);
  // The workers are busy with the flood when the others come.
  const busy = [];
  for (let i = 0; i < workers; i += 1) busy.push(...(await receive(queue)));
  await send(queue, 'quiet', 5);
  for (const message of busy) await remove(queue, message);

  const bodies = await work(queue, workers);
  expect(bodies).toHaveLength(205 - workers);
  expect(countBeforeLast(bodies, 'flood', 'quiet')).toBeLessThanOrEqual(5);
});

test('a worker that gets free takes the message of the group with the fewest in flight', async () => {
  const queue = await makeQueue();
  await send(queue, 'flood', 20);
  await receive(queue, 3);
  await send(queue, 'quiet', 5);
  const next = (await receive(queue, 5)).map(({ Body }) => Body);
  // Three of each are in flight then, and the turns go on.
  expect(next).toEqual(['quiet 0', 'quiet 1', 'quiet 2', 'flood 3', 'quiet 3']);
});

test.each(['SendMessage', 'SendMessageBatch'])(
  'a message of %s is delivered with its group',
  async (call) => {
    const queue = await makeQueue();
    const message = { MessageBody: 'x', MessageGroupId: 'one' };
    await (call === 'SendMessage'
      ? sqs.send(new SendMessageCommand({ QueueUrl: queue, ...message }))
      : sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries: [{ Id: 'a', ...message }] })));
    const command = new ReceiveMessageCommand({ QueueUrl: queue, MessageSystemAttributeNames: ['All'] });
    const { Messages } = await sqs.send(command);
    expect(Messages?.map(({ Attributes }) => Attributes?.MessageGroupId)).toEqual(['one']);
  },
);

test('several quiet accounts take turns beside a flood', async () => {
  const queue = await makeQueue();
  await send(queue, 'flood', 50);
  for (const group of ['a', 'b', 'c']) await send(queue, group, 2);
  const bodies = await work(queue, 2);
  for (const group of ['a', 'b', 'c']) expect(countBeforeLast(bodies, 'flood', group)).toBeLessThanOrEqual(3);
});

test('the messages of one group, and those without a group, come in their order', async () => {
  const queue = await makeQueue();
  await send(queue, undefined, 3);
  await send(queue, 'one', 3);
  const bodies = (await receive(queue, 6)).map(({ Body }) => Body);
  expect(bodies.filter((body) => body?.startsWith('one'))).toEqual(['one 0', 'one 1', 'one 2']);
  expect(bodies.filter((body) => body?.startsWith('none'))).toEqual(['none 0', 'none 1', 'none 2']);
});

test('a message that becomes visible again takes part in the turns', async () => {
  const queue = await makeQueue();
  await send(queue, 'quiet', 1);
  const command = new ReceiveMessageCommand({ QueueUrl: queue, VisibilityTimeout: 0 });
  expect((await sqs.send(command)).Messages?.[0]?.Body).toBe('quiet 0');
  await send(queue, 'flood', 20);
  await receive(queue, 1);
  const next = [...(await receive(queue, 1)), ...(await receive(queue, 1))].map(({ Body }) => Body);
  expect(next).toContain('quiet 0');
});
