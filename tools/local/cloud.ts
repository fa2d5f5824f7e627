/** The AWS account and partition that the local stack uses in its ARNs. */
import { REGION } from '../kit/emulator.ts';

export const ACCOUNT_ID = '000000000000';
export const PARTITION = 'aws';

/** Makes an ARN in the local account and region. */
export function makeArn(service: string, resource: string): string {
  return `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
}
