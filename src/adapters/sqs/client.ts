/** The SQS client, with the limits that suit a function that has seconds, not minutes. */
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';

/** @param config what a test or the local stack sets; in AWS nothing is needed */
export function sqsClient(config: SQSClientConfig = {}): SQSClient {
  return new SQSClient({
    // The work queue tries again by itself, with the refused entries only.
    maxAttempts: 1,
    // Of the 50 sockets that the SDK allows, ten batches under way need ten.
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
    ...config,
  });
}
