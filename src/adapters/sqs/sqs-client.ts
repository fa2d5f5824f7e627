/** The SQS client, with timeouts for functions that have seconds, not minutes (ADR 17). */
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';

/** @param config overrides for tests and the local stack; none in AWS */
export function makeSqsClient(config: SQSClientConfig = {}): SQSClient {
  return new SQSClient({
    // `SqsWorkQueue` retries by itself, with the refused entries only.
    maxAttempts: 1,
    // The SDK's 50 sockets are enough, because at most ten batches are sent at once.
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
    ...config,
  });
}
