/** The SQS client, with timeouts for functions that have seconds, not minutes (ADR 17). */
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { closeDeadConnections, makeAgents } from '../lambda/connections.ts';
import { MOST_BATCHES } from './work-queue.ts';

/**
 * One for each call at once: the batches of both queues, and a few others. A call that waited for the
 * connection of another one would fail after a second, as if none could be made.
 */
const MAX_SOCKETS = 2 * MOST_BATCHES + 10;

/**
 * @param config overrides for tests and the local stack; none in AWS
 * @param now the wall clock, epoch ms
 */
export function makeSqsClient(config: SQSClientConfig = {}, now = Date.now): SQSClient {
  const agents = makeAgents(MAX_SOCKETS);
  const client = new SQSClient({
    // `SqsWorkQueue` retries by itself, with the refused entries only.
    maxAttempts: 1,
    requestHandler: {
      ...agents,
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      throwOnRequestTimeout: true,
    },
    ...config,
  });
  return closeDeadConnections(client, agents, now);
}
