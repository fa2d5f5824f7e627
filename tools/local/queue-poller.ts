/** Reads a queue for a function, as Lambda's event source mapping does. */
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { getErrorMessage } from '../kit/tool-errors.ts';
import { RefusedTemplateError } from './template-errors.ts';
import type { FunctionPool } from './functions/pool.ts';
import { listDoneMessages } from './partial-batch.ts';
import { makeSqsEvent } from './sqs-event.ts';
import type { EventSource } from './template/read-event-sources.ts';

/** SQS waits at most this long for a message. */
const LONGEST_WAIT_SECONDS = 20;

/** SQS receives and deletes at most this number of messages per call. */
const MOST_MESSAGES = 10;

const PAUSE_AFTER_ERROR_MILLISECONDS = 1_000;

/**
 * The batches of one queue at a time, not counting slow ones. One CPU is left to the emulators. Batches that
 * share a CPU take longer, and a small job would wait for a large one and then run beside it.
 */
export const MOST_BATCHES = Math.max(1, availableParallelism() - 1);

/** A batch that takes longer is slow: the next one begins, so that a worker that hangs stops no queue. */
const SLOW_BATCH_MILLISECONDS = 2_000;

export interface QueuePollerProps {
  readonly source: EventSource;
  readonly queueUrl: string;
  /** A client that calls with the role of the function. */
  readonly sqs: Pick<SQSClient, 'send'>;
  readonly pool: Pick<FunctionPool, 'lambda' | 'concurrency' | 'invoke'>;
  /** Called with a sentence about each problem. */
  readonly notice: (text: string) => void;
  /** Default: `SLOW_BATCH_MILLISECONDS`. */
  readonly slowBatchMilliseconds?: number;
}

export class QueuePoller {
  readonly #props: QueuePollerProps;
  readonly #stopping = new AbortController();
  readonly #loops: Promise<void>[];
  readonly #slowBatches = new Set<Promise<void>>();
  readonly #mostSlowBatches: number;

  private constructor(props: QueuePollerProps) {
    this.#props = props;
    const { source, pool } = props;
    const most = Math.min(source.maximumConcurrency ?? Infinity, pool.concurrency);
    const loops = Math.min(most, MOST_BATCHES);
    this.#mostSlowBatches = most - loops;
    this.#loops = Array.from({ length: loops }, () => this.#runLoop());
  }

  /**
   * Starts to read, with as many batches at a time as the mapping, the function and the machine allow.
   * @throws RefusedTemplateError when the visibility timeout is shorter than the function's timeout: a
   *   message could be delivered again during its invocation
   */
  static async start(props: QueuePollerProps): Promise<QueuePoller> {
    const { source, queueUrl, sqs, pool } = props;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['VisibilityTimeout'] }),
    );
    const visibility = Number(Attributes?.VisibilityTimeout);
    const { timeoutSeconds } = pool.lambda;
    if (visibility < timeoutSeconds) {
      throw new RefusedTemplateError(
        `AWS::Lambda::EventSourceMapping ${source.logicalId}: Queue visibility timeout: ${visibility} seconds ` +
          `is less than Function timeout: ${timeoutSeconds} seconds`,
      );
    }
    return new QueuePoller(props);
  }

  /** Stops reading; resolves when the batches in progress are done. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
    await Promise.all(this.#slowBatches);
  }

  async #runLoop(): Promise<void> {
    while (!this.#isStopped()) {
      try {
        const messages = await this.#receiveBatch();
        if (messages.length > 0) await this.#processUnlessSlow(messages);
      } catch (error) {
        if (this.#isStopped()) return;
        this.#noteError(error);
        await pause(PAUSE_AFTER_ERROR_MILLISECONDS, undefined, { signal: this.#stopping.signal }).catch(
          () => undefined,
        );
      }
    }
  }

  #noteError(error: unknown): void {
    this.#props.notice(`queue ${this.#props.source.queue.name}: ${getErrorMessage(error)}`);
  }

  #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Waits for a first message, then for a full batch or the end of the batching window. */
  async #receiveBatch(): Promise<Message[]> {
    const { batchSize, batchingWindowSeconds } = this.#props.source;
    const messages = await this.#receive(batchSize, LONGEST_WAIT_SECONDS);
    if (messages.length === 0) return [];
    const end = Date.now() + batchingWindowSeconds * 1_000;
    while (messages.length < batchSize && Date.now() < end) {
      const seconds = Math.min(LONGEST_WAIT_SECONDS, Math.ceil((end - Date.now()) / 1_000));
      messages.push(...(await this.#receive(batchSize - messages.length, seconds)));
    }
    return messages;
  }

  async #receive(most: number, waitSeconds: number): Promise<Message[]> {
    const { Messages } = await this.#props.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#props.queueUrl,
        MaxNumberOfMessages: Math.min(most, MOST_MESSAGES),
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: this.#stopping.signal },
    );
    return Messages ?? [];
  }

  /** Waits for the end of a batch. A slow one goes on by itself, as long as there is a worker for it. */
  async #processUnlessSlow(messages: readonly Message[]): Promise<void> {
    const { slowBatchMilliseconds = SLOW_BATCH_MILLISECONDS } = this.#props;
    const processing = this.#processBatch(messages);
    const isSlow = await Promise.race([
      processing.then(() => false),
      pause(slowBatchMilliseconds, true, { ref: false }),
    ]);
    if (!isSlow) return;
    while (this.#slowBatches.size >= this.#mostSlowBatches) {
      const others = [...this.#slowBatches].map((batch) => batch.then(() => false));
      if (await Promise.race([processing.then(() => true), ...others])) return;
    }
    const slow = processing
      .catch((error: unknown) => {
        this.#noteError(error);
      })
      .finally(() => this.#slowBatches.delete(slow));
    this.#slowBatches.add(slow);
  }

  async #processBatch(messages: readonly Message[]): Promise<void> {
    const { source, pool } = this.#props;
    const result = await pool.invoke(JSON.stringify(makeSqsEvent(messages, source.queueArn)));
    const ids = messages.map(({ MessageId }) => MessageId ?? '');
    const done = new Set(listDoneMessages(ids, result, source.reportsFailures));
    await this.#deleteMessages(messages.filter(({ MessageId }) => done.has(MessageId ?? '')));
  }

  async #deleteMessages(messages: readonly Message[]): Promise<void> {
    for (let start = 0; start < messages.length; start += MOST_MESSAGES) {
      const entries = messages.slice(start, start + MOST_MESSAGES).map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
      }));
      const { Failed } = await this.#props.sqs.send(
        new DeleteMessageBatchCommand({ QueueUrl: this.#props.queueUrl, Entries: entries }),
      );
      for (const { Message } of Failed ?? []) {
        this.#props.notice(`queue ${this.#props.source.queue.name}: not deleted: ${Message ?? ''}`);
      }
    }
  }
}
