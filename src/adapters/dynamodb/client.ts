/** The DynamoDB client, with the limits that suit a function that has seconds, not minutes. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

const SOCKETS = { maxSockets: 100 };

/**
 * For a function that works behind the queue: what fails is tried again by the use case, which knows how much time
 * is left.
 *
 * @param config what a test or the local stack sets; in AWS nothing is needed
 */
export function dynamoDBClient(config: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({
    // Not `adaptive`: that would hold back first attempts as well, with a rate that each instance guesses for itself,
    // while the use case knows how much time is left and what else it could do.
    retryMode: 'standard',
    // Once more, for the odd lost packet.
    maxAttempts: 2,
    // Connections are kept by themselves: that variable of SDK 2, AWS_NODEJS_CONNECTION_REUSE_ENABLED, has no use any more.
    // Every call under way has a socket of its own, those of reconcile included, four jobs with 16 calls each. None
    // hangs for a whole invocation: without the last setting a request that takes too long is only warned about.
    requestHandler: {
      httpsAgent: SOCKETS,
      // The emulators speak no TLS.
      httpAgent: SOCKETS,
      connectionTimeout: 1_000,
      requestTimeout: 2_000,
      throwOnRequestTimeout: true,
    },
    ...config,
  });
}

/** For a function that a client waits for: nobody else tries again there, so the client of DynamoDB does. */
export function patientDynamoDBClient(): DynamoDBClient {
  return dynamoDBClient({ maxAttempts: 4 });
}

/** For the moves of target groups: the use case makes every try itself, to know what became of each. */
export function singleTryDynamoDBClient(): DynamoDBClient {
  return dynamoDBClient({ maxAttempts: 1 });
}
