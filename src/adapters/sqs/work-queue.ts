/** The work queue on SQS. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { delayAfter } from '../../domain/backoff.ts';
import { EnqueueFailedError } from '../../domain/errors.ts';
import { parseTraceparent, xrayHeader } from '../../domain/trace.ts';
import type { ChunkWork, WorkQueue } from '../../ports/work-queue.ts';
import { encodeChunk } from './chunk-message.ts';

/** SQS takes 10 messages at a time, 1 MiB together. The largest chunk, 1,000 ids, is 30 KB. */
const BATCH_SIZE = 10;
/** Batches under way at once. */
const LANES = 10;
const TRIES = 5;
/** The longest that a timer takes: 2^31 - 1 ms. */
const MAX_DELAY_MS = 2_147_483_647;

export class SqsWorkQueue implements WorkQueue {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  /** How long to wait before try number `tries` + 1, in ms. */
  readonly #backoff: (tries: number) => number;

  constructor(client: SQSClient, queueUrl: string, backoff = jittered) {
    this.#client = client;
    this.#queueUrl = queueUrl;
    this.#backoff = backoff;
  }

  async send(work: readonly ChunkWork[], until: number): Promise<void> {
    const batches: ChunkWork[][] = [];
    for (let i = 0; i < work.length; i += BATCH_SIZE) batches.push(work.slice(i, i + BATCH_SIZE));

    let refused = 0;
    let cause: unknown;
    const lane = async () => {
      for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
        const result = await this.#sendBatch(batch, until);
        refused += result.refused;
        cause ??= result.cause;
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    if (refused > 0) {
      throw new EnqueueFailedError(
        `${refused} of ${work.length} messages could not be sent.`,
        { refused, of: work.length },
        { cause },
      );
    }
  }

  /** Sends up to ten messages. A batch is answered 200 with some entries refused: those alone are sent again. */
  async #sendBatch(
    batch: readonly ChunkWork[],
    until: number,
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
              MessageBody: encodeChunk(work),
              // A standard queue is then fair between accounts: one with a large backlog does not hold up the
              // rest.
              MessageGroupId: String(work.chunk.accountId),
              ...traceAttribute(work.trace.traceparent),
            })),
          }),
          { abortSignal: AbortSignal.timeout(Math.min(msLeft, MAX_DELAY_MS)) },
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

/** Where the trace is recorded: Lambda then links its own trace of the worker's invocation with it. */
function traceAttribute(traceparent: string): Pick<SendMessageBatchRequestEntry, 'MessageSystemAttributes'> {
  const span = parseTraceparent(traceparent);
  if (span?.sampled !== true) return {};
  return {
    MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: xrayHeader(span) } },
  };
}

/** Full jitter: between 0 and 50, 100, 200, 400 ms. */
function jittered(tries: number): number {
  return Math.random() * delayAfter(tries, { first: 50 });
}
