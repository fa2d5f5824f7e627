/** Gives a message back to its queue, to be delivered again soon instead of at the end of its visibility timeout. */
import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { delayAfter } from '../../domain/backoff.ts';

/** How long a message stays away by the number of its receives, in seconds. */
export const RETURN_DELAYS = { first: 10, longest: 300 };

/**
 * Makes the function that gives a message back. The delay doubles with every receive, from 10 s to five
 * minutes, and up to a half of it more by chance: what was refused for want of capacity must not come back at
 * once, nor all together. Where it fails the message comes back at the end of its visibility timeout, as it
 * would have anyway.
 */
export function queueReturner(client: SQSClient, queueUrl: string) {
  return async (receiptHandle: string, receives: number): Promise<void> => {
    const delay = delayAfter(receives, RETURN_DELAYS);
    try {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: Math.round(delay * (1 + Math.random() / 2)),
        }),
      );
    } catch {
      // See above.
    }
  };
}
