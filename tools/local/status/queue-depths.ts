/** Counts the messages in each queue. */
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Queue } from '../template/read-queues.ts';

export interface QueueRow {
  readonly name: string;
  /** Whether it is the dead-letter queue of another queue. */
  readonly deadLetters: boolean;
  /** Messages that can be received. */
  readonly visible: number;
  /** Messages that were received and are not deleted yet. */
  readonly inFlight: number;
  /** Messages that were sent with a delay and cannot be received yet. */
  readonly delayed: number;
}

/**
 * @param urls URLs by the queue's logical id
 * @throws the error of SQS
 */
export function readDepths(
  sqs: SQSClient,
  queues: readonly Queue[],
  urls: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<QueueRow[]> {
  const redrives = queues.map(({ attributes }) => attributes['RedrivePolicy'] ?? '');
  return Promise.all(
    queues.map(async ({ logicalId, name }) => {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: urls.get(logicalId), AttributeNames: ['All'] }),
        { abortSignal: signal },
      );
      const readCount = (what: '' | 'NotVisible' | 'Delayed') =>
        Number(Attributes[`ApproximateNumberOfMessages${what}`] ?? 0);
      return {
        name,
        deadLetters: redrives.some((policy) => policy.includes(`:${name}"`)),
        visible: readCount(''),
        inFlight: readCount('NotVisible'),
        delayed: readCount('Delayed'),
      };
    }),
  );
}
