/**
 * Settings that are ARNs, and the region and account of an environment: those that are set, or those of the
 * ARNs that must be in the same place.
 */
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { z } from 'zod';

/**
 * The ARN of a resource, or nothing. Its partition is that of its region.
 * @param resource the pattern of what stands after the account
 */
export function optionalArn(service: string, resource: string, expected: string, description: string) {
  const pattern = new RegExp(`^arn:aws[a-z-]*:${service}:[a-z]+(-[a-z]+)+-\\d+:\\d{12}:${resource}$`);
  return z
    .string({ error: expected })
    .regex(pattern, { error: expected, abort: true })
    .refine(hasPartitionOfRegion, { error: ({ input }) => describePartition(String(input)) })
    .optional()
    .meta({ expected, description });
}

function hasPartitionOfRegion(arn: string): boolean {
  const expected = getPartition(arn);
  return expected === undefined || arn.split(':')[1] === expected;
}

function describePartition(arn: string): string {
  return `arn:${getPartition(arn) ?? ''}:…, the partition of ${readRegion(arn)}`;
}

/** Returns undefined for a region that is newer than this release of the CDK. */
function getPartition(arn: string): string | undefined {
  return RegionInfo.get(readRegion(arn)).partition;
}

function readRegion(arn: string): string {
  return arn.split(':')[3] ?? '';
}

/** Whether an ARN is of a region, or of any if none is given. */
export function isOfRegion(arn: string, region: string | undefined): boolean {
  return region === undefined || readRegion(arn) === region;
}

/** Whether an ARN is of an account. Every ARN is of an account that is not given. */
export function isOfAccount(arn: string, account: string | undefined): boolean {
  return account === undefined || arn.split(':')[4] === account;
}

/** The settings that tell the region and account of an environment. */
interface Place {
  readonly region?: string | undefined;
  readonly account?: string | undefined;
  readonly kmsKeyArn?: string | undefined;
  readonly alarmTopicArn?: string | undefined;
}

/** Returns the region of an environment, as far as it is known. */
export function findRegion({ region, kmsKeyArn, alarmTopicArn }: Place): string | undefined {
  const arn = kmsKeyArn ?? alarmTopicArn;
  return region ?? (arn === undefined ? undefined : readRegion(arn));
}

/** Returns the account of an environment, as far as it is known. The topic may be of another one. */
export function findAccount({ account, kmsKeyArn }: Place): string | undefined {
  return account ?? kmsKeyArn?.split(':')[4];
}

/** Whether the environment is known to be in China, where Lambda has no X-Ray. */
export function isInChina(place: Place): boolean {
  return findRegion(place)?.startsWith('cn-') === true;
}

/** Whether it is known to be in GovCloud. There, and in China, the deliveries of queues have no tags. */
export function isInGovCloud(place: Place): boolean {
  return findRegion(place)?.startsWith('us-gov-') === true;
}
