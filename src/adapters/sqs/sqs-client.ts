/** The SQS client, with timeouts for functions that have seconds, not minutes (ADR 17). */
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { closeDeadConnections, makeAgents } from '../lambda/connections.ts';

/**
 * The SDK's own number. A job sends ten batches at once, and reconcile may send those of 16 jobs. Batches
 * beyond this number wait for a connection, and are tried again if that takes a second.
 */
const MAX_SOCKETS = 50;

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
