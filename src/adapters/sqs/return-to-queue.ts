/** Hands a message back to its queue, to return before its visibility timeout ends (ADR 17). */
import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { computeDelay } from '../../domain/backoff.ts';

/** Seconds until the message returns: doubled with every receive. */
const RETURN_DELAYS = { first: 10, longest: 300 };

/**
 * Computes the whole seconds until a message returns. The delay doubles with every receive, from 10 seconds
 * to five minutes, plus a random part of up to half of it. So messages that were throttled neither return at
 * once nor all together.
 *
 * @param random at least 0 and less than 1
 */
export function computeReturnSeconds(receives: number, random: number): number {
  return Math.round(computeDelay(receives, RETURN_DELAYS) * (1 + random / 2));
}

/**
 * Makes the function that hands a message back. If the call fails, the message returns at the end of its
 * visibility timeout.
 */
export function makeReturnToQueue(client: SQSClient) {
  return async (queueUrl: string, receiptHandle: string, receives: number): Promise<void> => {
    try {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: computeReturnSeconds(receives, Math.random()),
        }),
      );
    } catch {
      // The message then returns at the end of its visibility timeout.
    }
  };
}
