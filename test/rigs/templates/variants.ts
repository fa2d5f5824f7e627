/**
 * The deployments whose templates are held to the rules: the values of environment files, and partitions of
 * AWS.
 */

import { RegionInfo } from 'aws-cdk-lib/region-info';

type Values = Readonly<Record<string, unknown>>;

/** The keys whose values are the same in every region, each with one that is not its default. */
const COMMON: Values = {
  // A long name, for the lengths of what is named after the stack. Up to 124 characters are valid.
  stackName: 'S'.repeat(110),
  // An account of the documentation of AWS.
  account: '123456789012',
  tags: { team: 'fielding', 'cost center': '4711' },
  issuer: 'https://login.example.org/',
  audience: 'https://api.example.org/demand',
  jwksUrl: 'https://login.example.org/keys',
  keySetMaxAgeHours: 12,
  accountsClaim: 'https://claims.example.org/accounts',
  scopesClaim: ['permissions', 'scp'],
  clientIds: ['app'],
  writeScope: 'fielding:write',
  readScope: 'fielding:read',
  accountsByClient: { app: [101] },
  clientClaims: ['azp'],
  callerClaims: ['sub', 'azp'],
  clockToleranceSeconds: 30,
  maxTargetGroupsPerJob: 5_000,
  chunkSize: 20,
  jobRetentionDays: 90,
  idempotencyHours: 48,
  stalledSeconds: 7_200,
  deadlineSeconds: 14_400,
  workerTimeoutSeconds: 900,
  clockSkewSeconds: 600,
  workerMaxConcurrency: 50,
  workerRate: 400,
  maxOpenJobsPerAccount: 2_000,
  maxOpenTargetGroupsPerAccount: 5_000_000,
  maxOpenTargetGroups: 50_000_000,
  workerMemoryMb: 1_024,
  createMemoryMb: 2_048,
  readMemoryMb: 512,
  reconcileMemoryMb: 768,
  createRateLimit: 200,
  createBurstLimit: 400,
  readRateLimit: 500,
  readBurstLimit: 1_000,
  createReservedConcurrency: 200,
  readReservedConcurrency: 201,
  domainName: 'api.example.org',
  basePath: '/fielding/jobs',
  corsOrigins: ['https://app.example.org', 'http://localhost:5173'],
  accountConcurrency: 1_500,
  maxReceiveCount: 20,
  logRetentionDays: 731,
  logLevel: 'DEBUG',
  debugSampleRate: 0.5,
  tracing: 'off',
  subnetIds: ['subnet-0a1b2c3d4e5f67890', 'subnet-0a1b2c3d4e5f67891'],
  securityGroupIds: ['sg-0a1b2c3d4e5f67890'],
  architecture: 'x86_64',
  runbookUrl: 'https://wiki.example.org/fielding-jobs/runbook',
  alarmErrorPercent: 10,
  alarmMinimumErrors: 5,
  alarmUnauthenticatedPercent: 30,
  alarmThrottles: 20,
  alarmTableThrottles: 1_000,
  alarmConcurrencyPercent: 70,
  alarmLatencyMs: 10_000,
  alarmConflicts: 20,
  alarmMessageAgeSeconds: 300,
  alarmOpenJobSeconds: 3_000,
};

/** Every key that has no effect on tables that exist. */
const EXISTING_TABLES: Values = {
  ...COMMON,
  region: 'eu-central-1',
  protect: true,
  jobsTable: 'jobs-restored',
  targetGroupsTable: 'target-groups-restored',
  idempotencyTable: 'idempotency-restored',
  keySetsTable: 'key-sets-restored',
  alarmEmail: 'operators@example.org',
  certificateArn: makeCertificateArn('eu-central-1'),
};

/** The environment of a company: every key that goes with tables of the stack. */
function makeCompanyEnvironment(region: string): Values {
  return {
    ...COMMON,
    region,
    removalPolicy: 'destroy',
    warmWrites: 20_000,
    warmReads: 24_000,
    ...makeRegionalSettings(region),
    certificateArn: makeCertificateArn(region),
  };
}

/** The settings that name resources of the region, other than its certificate. */
function makeRegionalSettings(region: string): Values {
  return {
    kmsKeyArn: makeArn(region, 'kms', 'key/1234abcd-12ab-34cd-56ef-1234567890ab'),
    alarmTopicArn: makeArn(region, 'sns', 'operators'),
  };
}

function makeCertificateArn(region: string): string {
  return makeArn(region, 'acm', 'certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0');
}

function makeArn(region: string, service: string, resource: string): string {
  const { partition = '' } = RegionInfo.get(region);
  return `arn:${partition}:${service}:${region}:${String(COMMON['account'])}:${resource}`;
}

export interface Variant {
  /** The values of the environment's file. */
  readonly values: Values;
}

/** The regions that a full environment must synthesize for: two of AWS, GovCloud and China. */
const REGIONS = ['us-east-1', 'eu-central-1', 'us-gov-west-1', 'cn-north-1'];

/** The variants by name. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  'the defaults': { values: {} },
  'the defaults in GovCloud': { values: { region: 'us-gov-west-1' } },
  'the defaults in China': { values: { region: 'cn-north-1', tracing: 'off' } },
  'tables that exist': { values: EXISTING_TABLES },
  ...Object.fromEntries(
    REGIONS.map((region) => [`everything set in ${region}`, { values: makeCompanyEnvironment(region) }]),
  ),
};
