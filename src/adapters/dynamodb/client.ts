/** The DynamoDB client, with the limits that suit a function that has seconds, not minutes. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/**
 * @param config what a test or the local stack sets; in AWS nothing is needed
 */
export function dynamoDBClient(config: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({
    // Throttled and failed calls are tried again with growing, jittered pauses, within about two seconds.
    retryMode: 'standard',
    maxAttempts: 6,
    // A chunk keeps dozens of calls under way: let each have a socket, and let none hang for a whole invocation.
    requestHandler: { httpsAgent: { maxSockets: 100 }, connectionTimeout: 2_000, requestTimeout: 4_000 },
    ...config,
  });
}
