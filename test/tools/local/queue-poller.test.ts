/** Tests that the poller of the local stack goes on with its queue while a worker hangs. */
import { expect, test } from '@jest/globals';
import { DeleteMessageBatchCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { MOST_BATCHES, QueuePoller, type QueuePollerProps } from '../../../tools/local/queue-poller.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** A queue that delivers one message at a time, and notes how many were deleted. */
function makeQueue(messages: number) {
  let left = messages;
  let deleted = 0;
  const send = async (command: unknown) => {
    if (command instanceof GetQueueAttributesCommand) return { Attributes: { VisibilityTimeout: '180' } };
    if (command instanceof DeleteMessageBatchCommand) {
      deleted += command.input.Entries?.length ?? 0;
      return {};
    }
    if (left === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return {};
    }
    left -= 1;
    return { Messages: [{ MessageId: `m${left}`, ReceiptHandle: `r${left}`, Body: '{}', Attributes: {} }] };
  };
  return { sqs: { send } as unknown as Pick<SQSClient, 'send'>, countDeleted: () => deleted };
}

/** Starts a poller whose first invocations hang until `end` is called. */
async function startPoller({
  messages,
  hangs,
  maximumConcurrency,
}: {
  readonly messages: number;
  readonly hangs: number;
  readonly maximumConcurrency: number;
}) {
  const { sqs, countDeleted } = makeQueue(messages);
  const hanging: (() => void)[] = [];
  const notices: string[] = [];
  let invocations = 0;
  let running = 0;
  let mostRunning = 0;
  const pool = {
    lambda: { timeoutSeconds: 30 },
    concurrency: 2 * MOST_BATCHES,
    invoke: async () => {
      invocations += 1;
      running += 1;
      mostRunning = Math.max(mostRunning, running);
      if (invocations <= hangs) await new Promise<void>((resolve) => hanging.push(resolve));
      running -= 1;
      return { ok: true, payload: '{"batchItemFailures":[]}' };
    },
  };
  const source = { batchSize: 1, batchingWindowSeconds: 0, reportsFailures: true, queue: { name: 'q' } };
  const poller = await QueuePoller.start({
    source: { ...source, maximumConcurrency, queueArn: 'arn:aws:sqs:eu-west-1:000000000000:q' },
    queueUrl: 'http://127.0.0.1/q',
    sqs,
    pool,
    notice: (text: string) => notices.push(text),
    slowBatchMilliseconds: 5,
  } as unknown as QueuePollerProps);
  return {
    poller,
    notices,
    countDeleted,
    countInvocations: () => invocations,
    findMostRunning: () => mostRunning,
    endOldest: () => hanging.shift()?.(),
    end: () => {
      for (const resolve of hanging) resolve();
    },
  };
}

test('a queue goes on while workers hang, and a stop waits for them', async () => {
  const messages = MOST_BATCHES + 3;
  const rig = await startPoller({ messages, hangs: MOST_BATCHES, maximumConcurrency: 2 * MOST_BATCHES });
  await waitUntil(() => rig.countDeleted() === 3);
  const stopped = rig.poller.stop();
  rig.end();
  await stopped;
  expect({ deleted: rig.countDeleted(), notices: rig.notices }).toEqual({ deleted: messages, notices: [] });
});

test('no more workers hang at a time than the mapping allows', async () => {
  const messages = 9;
  const rig = await startPoller({ messages, hangs: messages, maximumConcurrency: 2 });
  for (let begun = 2; begun <= messages; begun += 1) {
    await waitUntil(() => rig.countInvocations() >= begun);
    rig.endOldest();
  }
  rig.end();
  await rig.poller.stop();
  expect(rig.findMostRunning()).toBe(2);
});
