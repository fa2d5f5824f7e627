/**
 * A work queue on SQS: sends chunks in batches, and sends again what SQS refuses. The queue is a fair one:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { computeDelay } from '../../domain/backoff.ts';
import { EnqueueFailedError } from '../../domain/errors.ts';
import { parseTraceparent, formatXrayHeader } from '../../domain/trace.ts';
import type { ChunkWork, SendOptions, WorkQueue } from '../../ports/work-queue.ts';

/**
 * SQS takes at most 10 messages and 1 MiB per batch. The largest chunk, with 1,000 ids, has 30 KB. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api.html
 */
const BATCH_SIZE = 10;
/** Number of batches that one call of `send` has in progress. */
const PARALLEL_BATCHES = 10;
/** Number of batches that a queue has in progress, for all calls of `send`. Others wait for their turn. */
export const MOST_BATCHES = 20;
/** Most tries per batch. */
const TRIES = 5;
/** Longest delay of a Node.js timer: 2^31 - 1 ms. */
const MAX_TIMER_MS = 2_147_483_647;
/**
 * Longest delay of a message in seconds:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatchRequestEntry.html
 */
const MAX_DELAY_SECONDS = 900;

/**
 * The messages that can be received, those that were and are not deleted, and those that are delayed:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
 */
const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

export interface WorkQueueOptions<Work> {
  /** Makes the text of a message. */
  readonly encode: (work: Work) => string;
  /** Returns whether X-Ray records the current invocation. By default it records none. */
  readonly isRecorded?: () => boolean;
  /** Returns the delay in ms after `tries` tries. */
  readonly backoff?: (tries: number) => number;
}

export class SqsWorkQueue<Work extends ChunkWork> implements WorkQueue<Work> {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #encode: (work: Work) => string;
  readonly #isRecorded: () => boolean;
  readonly #backoff: (tries: number) => number;
  #sending = 0;
  /** Each lets a batch begin that waits for its turn. */
  readonly #waiting: (() => void)[] = [];

  constructor(client: SQSClient, queueUrl: string, options: WorkQueueOptions<Work>) {
    this.#client = client;
    this.#queueUrl = queueUrl;
    this.#encode = options.encode;
    this.#isRecorded = options.isRecorded ?? (() => false);
    this.#backoff = options.backoff ?? computeJitteredDelay;
  }

  async send(work: readonly Work[], options: SendOptions): Promise<void> {
    const batches: Work[][] = [];
    for (let i = 0; i < work.length; i += BATCH_SIZE) batches.push(work.slice(i, i + BATCH_SIZE));

    let refused = 0;
    let cause: unknown;
    const sendBatches = async () => {
      for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
        const result = await this.#sendInTurn(batch, options);
        refused += result.refused;
        cause ??= result.cause;
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_BATCHES }, sendBatches));
    if (refused > 0) throw new EnqueueFailedError(refused, work.length, cause);
  }

  async countMessages(): Promise<number> {
    const { Attributes } = await this.#client.send(
      new GetQueueAttributesCommand({ QueueUrl: this.#queueUrl, AttributeNames: [...COUNTS] }),
    );
    return COUNTS.reduce((sum, name) => sum + Number(Attributes?.[name]), 0);
  }

  async #sendInTurn(batch: readonly Work[], options: SendOptions) {
    if (this.#sending < MOST_BATCHES) this.#sending += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await this.#sendBatch(batch, options);
    } finally {
      // The place goes to the batch that has waited longest.
      const startNext = this.#waiting.shift();
      if (startNext === undefined) this.#sending -= 1;
      else startNext();
    }
  }

  /** Sends up to ten messages. SQS may refuse some entries of a batch; only these are sent again. */
  async #sendBatch(
    batch: readonly Work[],
    { until, delayMs = 0 }: SendOptions,
  ): Promise<{ refused: number; cause?: unknown }> {
    let left = [...batch];
    let cause: unknown = 'no time left';
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const msLeft = until - Date.now();
      if (msLeft <= 0) break;
      try {
        const { Failed = [] } = await this.#client.send(
          new SendMessageBatchCommand({
            QueueUrl: this.#queueUrl,
            Entries: left.map((work, i) => ({
              Id: String(i),
              MessageBody: this.#encode(work),
              // Makes the queue a fair queue: an account with a large backlog does not delay the others.
              MessageGroupId: getMessageGroup(work),
              ...(delayMs > 0 && { DelaySeconds: Math.min(Math.ceil(delayMs / 1_000), MAX_DELAY_SECONDS) }),
              ...(this.#isRecorded() && makeTraceAttribute(work.trace.traceparent)),
            })),
          }),
          { abortSignal: AbortSignal.timeout(Math.min(Math.ceil(msLeft), MAX_TIMER_MS)) },
        );
        if (Failed.length === 0) return { refused: 0 };
        cause = Failed[0];
        left = Failed.map(({ Id }) => left[Number(Id)]).filter((work) => work !== undefined);
      } catch (error) {
        cause = error;
      }
      if (tries < TRIES) await pause(this.#backoff(tries));
    }
    return { refused: left.length, cause };
  }
}

/** Returns the message group: the accounts share the workers (docs/architecture.md). */
export function getMessageGroup({ chunk }: ChunkWork): string {
  return String(chunk.accountId);
}

/**
 * Makes the trace header of a message that a recorded invocation sends. Lambda then records the worker too,
 * and links its trace with this one, so the flag of a client's `traceparent` must not decide it:
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
 */
function makeTraceAttribute(
  traceparent: string,
): Pick<SendMessageBatchRequestEntry, 'MessageSystemAttributes'> {
  const span = parseTraceparent(traceparent);
  if (span === undefined) return {};
  return {
    MessageSystemAttributes: {
      AWSTraceHeader: { DataType: 'String', StringValue: formatXrayHeader({ ...span, sampled: true }) },
    },
  };
}

/** Full jitter: a random delay from 0 to 50, 100, 200 or 400 ms. */
function computeJitteredDelay(tries: number): number {
  return Math.random() * computeDelay(tries, { first: 50 });
}
