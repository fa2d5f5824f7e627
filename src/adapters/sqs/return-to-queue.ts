/** Hands a message back to its queue, to return before its visibility timeout ends (ADR 17). */
import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { computeDelay } from '../../domain/backoff.ts';

/** Seconds until the message returns: doubled with every receive. */
export const RETURN_DELAYS = { first: 10, longest: 300 };

/**
 * Makes the function that hands a message back. The delay doubles with every receive, from 10 seconds to five
 * minutes, plus a random part of up to half of it. So messages that were throttled neither return at once nor
 * all together. If the call fails, the message returns at the end of its visibility timeout.
 */
export function makeReturnToQueue(client: SQSClient, queueUrl: string) {
  return async (receiptHandle: string, receives: number): Promise<void> => {
    const delay = computeDelay(receives, RETURN_DELAYS);
    try {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: Math.round(delay * (1 + Math.random() / 2)),
        }),
      );
    } catch {
      // The message then returns at the end of its visibility timeout.
    }
  };
}
