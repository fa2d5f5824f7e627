/** What can be told of the place that an environment is deployed to, and whether an ARN is of that place. */
import { RegionInfo } from 'aws-cdk-lib/region-info';

/** Makes the pattern of an ARN with a region and an account. */
export function makeArnPattern(service: string, resource: string): RegExp {
  return new RegExp(`^arn:aws[a-z-]*:${service}:[a-z]+(-[a-z]+)+-\\d+:\\d{12}:${resource}$`);
}

/** Whether an ARN is of a region, or of any if none is given, and has the partition of that region. */
export function isOfRegion(arn: string, region: string | undefined): boolean {
  const [, partition, , ofRegion = ''] = arn.split(':');
  // Undefined for a region that is newer than this release of the CDK.
  const expected = RegionInfo.get(ofRegion).partition ?? partition;
  return ofRegion === (region ?? ofRegion) && partition === expected;
}

/** Whether an ARN is of an account. Every ARN is of an account that is not given. */
export function isOfAccount(arn: string, account: string | undefined): boolean {
  return account === undefined || arn.split(':')[4] === account;
}

/** A region of the configuration, if it has one. */
interface Place {
  readonly region?: string | undefined;
}

/** Whether the environment is known to be in China, where Lambda has no X-Ray. */
export function isInChina({ region }: Place): boolean {
  return region?.startsWith('cn-') === true;
}

/** Whether it is known to be in GovCloud. There, and in China, the deliveries of queues have no tags. */
export function isInGovCloud({ region }: Place): boolean {
  return region?.startsWith('us-gov-') === true;
}
