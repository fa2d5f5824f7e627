/** DynamoDB clients with timeouts and retries for functions that have seconds, not minutes (ADR 17). */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { closeDeadConnections, makeAgents } from '../lambda/connections.ts';

/** How long a call waits for a connection, and then for its answer, ms. */
export const CALL_LIMITS = { connectionTimeout: 1_000, requestTimeout: 2_000 } as const;

/**
 * How long a create waits for what it reads of the open work, ms, with all tries. Without an answer it is let
 * in (ADR 39), so its client does not wait for the retries of these reads. It is also how long an accepted
 * create waits until it is counted.
 */
export const ADMISSION_CALL_MS = 2_000;

/** Each concurrent call needs one. Reconcile makes the most: by default 16 calls for each of four jobs. */
const MAX_SOCKETS = 100;

/**
 * Makes the client of the worker and of reconcile, whose use cases retry as long as there is time.
 *
 * @param config overrides for tests and the local stack; none in AWS
 * @param now the wall clock, epoch ms
 */
export function makeDynamoDBClient(config: DynamoDBClientConfig = {}, now = Date.now): DynamoDBClient {
  const agents = makeAgents(MAX_SOCKETS);
  const client = new DynamoDBClient({
    // Not `adaptive`, which also delays first attempts, at a rate that each instance estimates for itself.
    retryMode: 'standard',
    // One retry, for an occasional lost packet.
    maxAttempts: 2,
    // `throwOnRequestTimeout` makes a slow call fail; without it the SDK only logs a warning.
    requestHandler: {
      ...agents,
      ...CALL_LIMITS,
      throwOnRequestTimeout: true,
    },
    ...config,
  });
  return closeDeadConnections(client, agents, now);
}

/** Makes the client of the HTTP functions. It retries itself, because their use cases do not. */
export function makeRetryingDynamoDBClient(): DynamoDBClient {
  return makeDynamoDBClient({ maxAttempts: 4 });
}

/** Makes the client for moves of target groups. The use case retries, to know the result of each try. */
export function makeSingleTryDynamoDBClient(): DynamoDBClient {
  return makeDynamoDBClient({ maxAttempts: 1 });
}
