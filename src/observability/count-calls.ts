/** Counts the calls of an AWS client for the current trace segment: the worker's and reconcile's (ADR 33). */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { CallFailure } from './call-counts.ts';
import { getCurrentSegment } from './recording.ts';

/** The fields of an SDK error that say how the call failed. */
interface SdkError {
  readonly name?: unknown;
  readonly $fault?: unknown;
}

const THROTTLING = /Throttl|ProvisionedThroughputExceeded|RequestLimitExceeded/;

/**
 * Adds a middleware to the client that counts each call, with its retries, in the segment that was current
 * when the call began.
 *
 * @returns the same client
 */
export function countCalls<T extends DynamoDBClient | SQSClient>(client: T): T {
  const stack: DynamoDBClient['middlewareStack'] = client.middlewareStack as never;
  stack.add(
    (next, { clientName = '', commandName = '' }) =>
      async (args) => {
        const segment = getCurrentSegment();
        if (segment === undefined) return next(args);
        const startedAt = Date.now();
        const note = (failure?: CallFailure) => {
          segment.calls.add({
            service: clientName.replace(/Client$/, ''),
            operation: commandName.replace(/Command$/, ''),
            resource: readResource(args.input as Readonly<Record<string, unknown>>),
            startedAt,
            endedAt: Date.now(),
            failure,
          });
        };
        try {
          const answer = await next(args);
          note();
          return answer;
        } catch (error) {
          note(classifyError(error as SdkError));
          throw error;
        }
      },
    { step: 'initialize', name: 'countCalls' },
  );
  return client;
}

function readResource({ TableName, QueueUrl }: Readonly<Record<string, unknown>>): Record<string, string> {
  if (typeof TableName === 'string') return { table_name: TableName };
  return typeof QueueUrl === 'string' ? { queue_url: QueueUrl } : {};
}

function classifyError({ name, $fault }: SdkError): CallFailure | undefined {
  // A failed condition is a normal answer, not a failure.
  if (name === 'ConditionalCheckFailedException') return undefined;
  if (typeof name === 'string' && THROTTLING.test(name)) return 'throttle';
  return $fault === 'client' ? 'error' : 'fault';
}
