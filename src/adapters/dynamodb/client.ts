/** The DynamoDB client, with the limits that suit a function that has seconds, not minutes. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/**
 * @param config what a test or the local stack sets; in AWS nothing is needed
 */
export function dynamoDBClient(config: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({
    // Once more, for the odd lost packet. Patience is the use cases' own: they know how much time is left.
    retryMode: 'standard',
    maxAttempts: 2,
    // Every call under way has a socket, and none hangs for a whole invocation: without the last setting a
    // request that takes too long is only warned about.
    requestHandler: {
      httpsAgent: { maxSockets: 100 },
      connectionTimeout: 1_000,
      requestTimeout: 2_000,
      throwOnRequestTimeout: true,
    },
    ...config,
  });
}
