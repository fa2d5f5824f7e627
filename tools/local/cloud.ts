/** The AWS account and region that the local stack pretends to be, and the credentials its emulators take. */

export const REGION = 'us-east-1';
export const ACCOUNT_ID = '000000000000';
export const PARTITION = 'aws';

/** Accepted by every emulator; letters only, as DynamoDB Local asks. One for all, as it keys its data by it. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** An ARN of the local account. */
export function arn(service: string, resource: string): string {
  return `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
}
