/**
 * How long a client waits and how often it tries: what the reserves and pauses of the functions allow for.
 */
import { expect, test } from '@jest/globals';
import {
  makeDynamoDBClient,
  makeRetryingDynamoDBClient,
  makeSingleTryDynamoDBClient,
} from '../../src/adapters/dynamodb/dynamodb-client.ts';
import { makeSqsClient } from '../../src/adapters/sqs/sqs-client.ts';
import { LATE_WRITES_MS } from '../../src/domain/late-writes.ts';

process.env['AWS_REGION'] = 'us-east-1';

interface Limited {
  readonly config: {
    maxAttempts(): Promise<number>;
    readonly requestHandler: unknown;
  };
  destroy(): void;
}

async function limitsOf(client: Limited) {
  const maxAttempts = await client.config.maxAttempts();
  // The handler reads its settings when it is first used.
  const handler = client.config.requestHandler as {
    configProvider: Promise<{ connectionTimeout: number; requestTimeout: number }>;
  };
  const { connectionTimeout, requestTimeout } = await handler.configProvider;
  client.destroy();
  return { maxAttempts, connectionTimeout, requestTimeout };
}

test.each([
  { name: 'behind the queue', make: () => makeDynamoDBClient(), maxAttempts: 2 },
  { name: 'for a waiting client', make: () => makeRetryingDynamoDBClient(), maxAttempts: 4 },
  { name: 'for moves', make: () => makeSingleTryDynamoDBClient(), maxAttempts: 1 },
])('DynamoDB, $name', async ({ make, maxAttempts }) => {
  const limits = await limitsOf(make());
  expect(limits).toEqual({ maxAttempts, connectionTimeout: 1_000, requestTimeout: 2_000 });
  // A write that was given up on is not counted on to arrive after that.
  expect(limits.connectionTimeout + limits.requestTimeout).toBeLessThan(LATE_WRITES_MS);
});

test('SQS', async () => {
  expect(await limitsOf(makeSqsClient())).toEqual({
    maxAttempts: 1,
    connectionTimeout: 1_000,
    requestTimeout: 3_000,
  });
});
