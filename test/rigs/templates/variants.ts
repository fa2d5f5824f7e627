/** The deployments whose templates are held to the rules: configurations, and partitions of AWS. */

/** Every key that can be combined with the others, each with a value that is not its default. */
const EVERY_SETTING: Readonly<Record<string, unknown>> = {
  // A long name, for the lengths of what is named after the stack. Up to 124 characters are valid.
  stackName: 'S'.repeat(110),
  // An account of the documentation of AWS.
  account: '123456789012',
  region: 'eu-central-1',
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
  accountConcurrency: 1_500,
  maxReceiveCount: 20,
  logRetentionDays: 731,
  logLevel: 'DEBUG',
  debugSampleRate: 0.5,
  tracing: 'off',
  protect: true,
  jobsTable: 'jobs-restored',
  targetGroupsTable: 'target-groups-restored',
  idempotencyTable: 'idempotency-restored',
  keySetsTable: 'key-sets-restored',
  alarmEmail: 'operators@example.org',
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

/** The same with tables of its own, which are deleted with their stack. */
const OWN_TABLES = {
  ...Object.fromEntries(Object.entries(EVERY_SETTING).filter(([key]) => !key.endsWith('Table'))),
  protect: false,
  removalPolicy: 'destroy',
  warmWrites: 20_000,
  warmReads: 24_000,
};

export interface Variant {
  readonly context: Readonly<Record<string, unknown>>;
}

/** The variants by name. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  'the defaults': { context: {} },
  'every setting': { context: EVERY_SETTING },
  GovCloud: { context: { ...OWN_TABLES, region: 'us-gov-west-1' } },
  China: { context: { ...OWN_TABLES, region: 'cn-north-1' } },
};
