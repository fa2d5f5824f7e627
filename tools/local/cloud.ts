/** The AWS account that the local stack pretends to be, in the region of its emulators. */
import { REGION } from '../kit/emulator.ts';

export const ACCOUNT_ID = '000000000000';
export const PARTITION = 'aws';

/** An ARN of the local account. */
export function arn(service: string, resource: string): string {
  return `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
}
