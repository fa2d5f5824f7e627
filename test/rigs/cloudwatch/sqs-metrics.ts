/** Publishes SQS's metrics, from the calls that pass a proxy and from the attributes of the queues. */
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { type CallHook, readOperation, type WholeAnswer } from '../../../tools/kit/forwarding.ts';
import { makeAwsDatapoint, type Publish } from './aws-metrics.ts';

/** A message that was received this many times no longer counts as the oldest in SQS. */
const RECEIVES_OF_A_POISON_PILL = 3;

export interface Message {
  readonly id: string;
  readonly queue: string;
  readonly sentAt: number;
  body: string;
  receives: number;
  /** The receipt handle of the last receive. */
  receipt: string | undefined;
  /** How often a worker handed it back, by changing its visibility. */
  returns: number;
}

const addressed = z.looseObject({ QueueUrl: z.string(), ReceiptHandle: z.string().optional() });
const sentOne = z.object({ MessageId: z.string() });
const sentMany = z.object({ Successful: z.array(z.object({ MessageId: z.string() })).default([]) });
const received = z.object({
  Messages: z
    .array(z.object({ MessageId: z.string(), ReceiptHandle: z.string(), Body: z.string() }))
    .default([]),
});
const deletion = z.object({ Entries: z.array(z.object({ Id: z.string(), ReceiptHandle: z.string() })) });

export class SqsMetrics {
  readonly #publish: Publish;
  /** The messages that were sent and not deleted, by id. */
  readonly messages = new Map<string, Message>();

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  /**
   * Wraps the calls.
   *
   * @param inner carries out a call
   */
  wrapCalls(inner: CallHook): CallHook {
    return async (call, forward) => {
      const answer = await inner(call, forward);
      const { success, data } = addressed.safeParse(JSON.parse(call.body.toString()));
      if (success && answer.status === 200) this.#observe(readOperation(call), data, answer);
      return answer;
    };
  }

  /**
   * Publishes how many messages the queues hold, and the age of the oldest message.
   *
   * @param urls of the queues
   * @param now the time at which the age is measured, epoch ms
   */
  async sample(sqs: SQSClient, urls: readonly string[], now = Date.now()): Promise<void> {
    for (const url of urls) {
      const queue = readQueueName(url);
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
      );
      for (const name of ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const) {
        const metric = name === 'ApproximateNumberOfMessages' ? `${name}Visible` : name;
        this.#publishValue(metric, queue, Number(Attributes?.[name]));
      }
      const waiting = [...this.messages.values()].filter(
        (message) => message.queue === queue && message.receives < RECEIVES_OF_A_POISON_PILL,
      );
      const oldest = Math.min(now, ...waiting.map(({ sentAt }) => sentAt));
      this.#publishValue('ApproximateAgeOfOldestMessage', queue, Math.floor((now - oldest) / 1000));
    }
  }

  #observe(operation: string, asked: z.output<typeof addressed>, answer: WholeAnswer): void {
    const queue = readQueueName(asked.QueueUrl);
    const said: unknown = JSON.parse(answer.body.toString() || '{}');
    switch (operation) {
      case 'SendMessage':
        this.#addSent(queue, [sentOne.parse(said)]);
        break;
      case 'SendMessageBatch':
        this.#addSent(queue, sentMany.parse(said).Successful);
        break;
      case 'ReceiveMessage': {
        const { Messages } = received.parse(said);
        if (Messages.length === 0) this.#publishValue('NumberOfEmptyReceives', queue, 1);
        else this.#publishValue('NumberOfMessagesReceived', queue, Messages.length);
        for (const { MessageId, ReceiptHandle, Body } of Messages) {
          const message = this.#findOrAdd(MessageId, queue);
          message.receives += 1;
          message.receipt = ReceiptHandle;
          message.body = Body;
        }
        break;
      }
      case 'ChangeMessageVisibility': {
        const message = this.#findByReceipt(asked.ReceiptHandle);
        if (message !== undefined) message.returns += 1;
        break;
      }
      case 'DeleteMessage':
        this.#removeDeleted(queue, [asked.ReceiptHandle]);
        break;
      case 'DeleteMessageBatch':
        this.#removeDeleted(
          queue,
          deletion.parse(asked).Entries.map(({ ReceiptHandle }) => ReceiptHandle),
        );
        break;
    }
  }

  #addSent(queue: string, messages: readonly { readonly MessageId: string }[]): void {
    for (const { MessageId } of messages) this.#findOrAdd(MessageId, queue);
    this.#publishValue('NumberOfMessagesSent', queue, messages.length);
  }

  #removeDeleted(queue: string, receipts: readonly (string | undefined)[]): void {
    for (const receipt of receipts) {
      const message = this.#findByReceipt(receipt);
      if (message !== undefined) this.messages.delete(message.id);
    }
    this.#publishValue('NumberOfMessagesDeleted', queue, receipts.length);
  }

  #findOrAdd(id: string, queue: string): Message {
    const there = this.messages.get(id);
    if (there !== undefined) return there;
    const made = { id, queue, sentAt: Date.now(), body: '', receives: 0, receipt: undefined, returns: 0 };
    this.messages.set(id, made);
    return made;
  }

  #findByReceipt(receipt: string | undefined): Message | undefined {
    return [...this.messages.values()].find(
      (message) => receipt !== undefined && message.receipt === receipt,
    );
  }

  #publishValue(name: string, queue: string, value: number): void {
    this.#publish(makeAwsDatapoint('AWS/SQS', name, { QueueName: queue }, value));
  }
}

function readQueueName(url: string): string {
  return new URL(url).pathname.split('/').at(-1) ?? '';
}
