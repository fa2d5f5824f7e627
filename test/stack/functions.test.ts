/** Tests the functions of the template: runtime, memory, timeout, environment and concurrency. */
import { describe, expect, test } from '@jest/globals';
import { MAX_TOKEN_BYTES } from '../../lib/config.ts';
import { measureEnvironment } from '../../lib/token-rules.ts';
import { synthesizeTemplate } from './readable-template.ts';

const COMMON = {
  POWERTOOLS_SERVICE_NAME: 'fielding-jobs',
  POWERTOOLS_LOG_LEVEL: 'INFO',
  POWERTOOLS_LOGGER_SAMPLE_RATE: '0',
  NODE_OPTIONS: '--enable-source-maps',
};
const METRICS = { POWERTOOLS_METRICS_NAMESPACE: 'FieldingJobs' };
const KEYS = {
  TOKEN_ISSUER: 'https://issuer.example.com/',
  KEY_SET_MAX_AGE_HOURS: '24',
  KEY_SETS_TABLE: '${TablesKeySets}',
};
const TOKENS = {
  ...KEYS,
  TOKEN_RULES: JSON.stringify({
    audiences: ['https://audience.example.com/'],
    clientIds: [],
    scopesClaims: ['scope'],
    writeScope: 'batch-jobs:write',
    readScope: 'batch-jobs:read',
    accountsClaim: 'account_ids',
    accountsByClient: {},
    clientClaims: ['client_id', 'azp', 'appid', 'cid'],
    callerClaims: ['sub', 'client_id', 'azp', 'appid'],
    clockToleranceSeconds: 60,
  }),
};
const JOBS = { JOBS_TABLE: '${TablesJobs}' };
const TARGET_GROUPS = { TARGET_GROUPS_TABLE: '${TablesTargetGroups}' };
const QUEUE = { CHUNKS_QUEUE_URL: '${QueueChunks}' };
const GIVE_UPS = { GIVE_UPS_QUEUE_URL: '${GivingUpGiveUps}' };

const ENVIRONMENTS: Record<string, Record<string, string>> = {
  FunctionsCreateJob: {
    ...COMMON,
    ...METRICS,
    ...TOKENS,
    ...JOBS,
    ...TARGET_GROUPS,
    ...QUEUE,
    IDEMPOTENCY_TABLE: '${TablesIdempotency}',
    IDEMPOTENCY_TTL_SECONDS: '86400',
    MAX_TARGET_GROUPS: '10000',
    CHUNK_SIZE: '200',
    JOB_RETENTION_DAYS: '30',
    STALLED_SECONDS: '600',
    DEADLINE_SECONDS: '3600',
    MAX_OPEN_JOBS_PER_ACCOUNT: '1000',
    MAX_OPEN_TARGET_GROUPS_PER_ACCOUNT: '1000000',
    MAX_OPEN_TARGET_GROUPS: '1600000',
    WORK_RATE: '2000',
  },
  FunctionsGetJob: { ...COMMON, ...METRICS, ...TOKENS, ...JOBS },
  FunctionsGetFieldingRuns: { ...COMMON, ...METRICS, ...TOKENS, ...TARGET_GROUPS },
  FunctionsNotFound: COMMON,
  FunctionsWorker: {
    ...COMMON,
    ...METRICS,
    ...JOBS,
    ...TARGET_GROUPS,
    ...QUEUE,
    ...GIVE_UPS,
    DEADLINE_SECONDS: '3600',
    PARALLELISM: '16',
    CLAIM_SECONDS: '45',
  },
  FunctionsReconcile: {
    ...COMMON,
    ...METRICS,
    ...KEYS,
    ...JOBS,
    ...TARGET_GROUPS,
    ...QUEUE,
    ...GIVE_UPS,
    STALLED_SECONDS: '600',
    DEADLINE_SECONDS: '3600',
    WORKER_MAX_CONCURRENCY: '10',
    PARALLELISM: '16',
    CLAIM_SECONDS: '65',
  },
};
const FUNCTIONS = Object.keys(ENVIRONMENTS);

describe('functions', () => {
  const template = synthesizeTemplate();

  test('are exactly these six', () => {
    expect(Object.keys(template.findByType('AWS::Lambda::Function')).sort()).toEqual([...FUNCTIONS].sort());
  });

  test.each(FUNCTIONS)('%s: runs Node.js 24 on arm64, is traced, and has a log group of its own', (id) => {
    expect(template.readProperties(id)).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: {
        LogFormat: 'Text',
        LogGroup: `\${${id.replace('Functions', 'Observability')}Logs}`,
      },
      Role: `\${${id}Role.Arn}`,
    });
    expect(template.readProperties(id)['ReservedConcurrentExecutions']).toBeUndefined();
  });

  test('have these memory sizes in MB and timeouts in seconds', () => {
    const sizes = FUNCTIONS.map((id) => {
      const { MemorySize, Timeout } = template.readProperties(id);
      return [id, [MemorySize, Timeout]];
    });
    expect(Object.fromEntries(sizes)).toEqual({
      FunctionsCreateJob: [1024, 25],
      FunctionsGetJob: [1024, 25],
      FunctionsGetFieldingRuns: [512, 10],
      FunctionsNotFound: [256, 5],
      FunctionsWorker: [512, 30],
      FunctionsReconcile: [512, 50],
    });
  });

  test.each(FUNCTIONS)('%s: has exactly this environment', (id) => {
    expect(template.readProperties(id)['Environment']).toEqual({ Variables: ENVIRONMENTS[id] });
  });

  test.each(['FunctionsCreateJob', 'FunctionsGetJob', 'FunctionsGetFieldingRuns', 'FunctionsNotFound'])(
    '%s times out before the API gateway does, which waits 30 seconds',
    (id) => {
      expect(template.readProperties(id)['Timeout']).toBeLessThan(30);
    },
  );
});

test('memory is as configured', () => {
  const template = synthesizeTemplate({
    workerMemoryMb: '1769',
    createMemoryMb: '2048',
    readMemoryMb: '700',
    reconcileMemoryMb: '600',
  });
  const memory = FUNCTIONS.map((id) => [id, template.readProperties(id)['MemorySize']]);
  expect(Object.fromEntries(memory)).toMatchObject({
    FunctionsWorker: 1_769,
    FunctionsCreateJob: 2_048,
    FunctionsGetJob: 700,
    FunctionsReconcile: 600,
  });
});

test('concurrency is reserved as configured, for create-job and for get-job', () => {
  const template = synthesizeTemplate({ createReservedConcurrency: '30', readReservedConcurrency: '40' });
  const reserved = FUNCTIONS.map((id) => [id, template.readProperties(id)['ReservedConcurrentExecutions']]);
  expect(Object.fromEntries(reserved.filter(([, value]) => value !== undefined))).toEqual({
    FunctionsCreateJob: 30,
    FunctionsGetJob: 40,
  });
});

test('with tracing off, Lambda samples nothing, the code records nothing, and no role may send traces', () => {
  const template = synthesizeTemplate({ tracing: 'off' });
  for (const id of FUNCTIONS) {
    expect(template.readProperties(id)).not.toHaveProperty('TracingConfig');
    expect(template.readProperties(id)['Environment']).toEqual({
      Variables: { ...ENVIRONMENTS[id], POWERTOOLS_TRACE_ENABLED: 'false' },
    });
  }
  expect(JSON.stringify(template.resources)).not.toContain('xray');
  // So the test above would find it.
  expect(JSON.stringify(synthesizeTemplate().resources)).toContain('xray');
});

test('the metrics of each stack have a namespace of their own', () => {
  const template = synthesizeTemplate({ stackName: 'Staging' });
  // The function for unknown routes publishes no metrics.
  for (const id of FUNCTIONS.filter((each) => each !== 'FunctionsNotFound')) {
    expect(template.readProperties(id)['Environment']).toMatchObject({
      Variables: { POWERTOOLS_METRICS_NAMESPACE: 'Staging' },
    });
  }
});

test('the functions run in the configured subnets, all of them, and in none by default', () => {
  const network = { subnetIds: ['subnet-0a1b2c3d', 'subnet-0a1b2c3e'], securityGroupIds: ['sg-0a1b2c3d'] };
  const inside = synthesizeTemplate(network);
  const outside = synthesizeTemplate();
  for (const id of FUNCTIONS) {
    expect(inside.readProperties(id)['VpcConfig']).toEqual({
      SubnetIds: network.subnetIds,
      SecurityGroupIds: network.securityGroupIds,
    });
    expect(outside.readProperties(id)).not.toHaveProperty('VpcConfig');
  }
});

test('the functions run on the configured processor', () => {
  const template = synthesizeTemplate({ architecture: 'x86_64' });
  for (const id of FUNCTIONS) expect(template.readProperties(id)['Architectures']).toEqual(['x86_64']);
});

test('the environment of each function fits into 4 KB, even with the most settings of tokens and of the address', () => {
  const template = synthesizeTemplate({ stackName: 'S'.repeat(124) });
  for (const id of FUNCTIONS) {
    const { Variables } = template.readProperties(id)['Environment'] as { Variables: Record<string, string> };
    // What is known only at deployment counts as a name or address of 200 characters.
    const filled: [string, string][] = Object.entries(Variables)
      .filter(([name]) => !name.startsWith('TOKEN_') && name !== 'BASE_URL')
      .map(([name, value]) => [name, value.replaceAll(/\$\{\w+\}/g, 'x'.repeat(200))]);
    expect(measureEnvironment(Object.fromEntries(filled)) + MAX_TOKEN_BYTES).toBeLessThanOrEqual(4_096);
  }
});

test('every setting of a function reaches its environment', () => {
  const template = synthesizeTemplate({
    issuer: 'http://127.0.0.1:9000/',
    audience: 'buyers',
    jwksUrl: 'http://localhost:9000/keys',
    keySetMaxAgeHours: 3,
    accountsClaim: 'https://buyers.test/accounts',
    scopesClaim: ['permissions', 'scope'],
    clientIds: '["app"]',
    writeScope: 'w',
    readScope: 'r',
    accountsByClient: { app: [101] },
    clientClaims: 'app_id',
    callerClaims: 'app_id',
    clockToleranceSeconds: '5',
    maxTargetGroupsPerJob: 500,
    chunkSize: 1,
    jobRetentionDays: 3,
    idempotencyHours: 2,
    stalledSeconds: 700,
    deadlineSeconds: 7_200,
    workerTimeoutSeconds: 100,
    workerMaxConcurrency: 7,
    workerRate: 251,
    maxOpenJobsPerAccount: 901,
    maxOpenTargetGroupsPerAccount: 902,
    maxOpenTargetGroups: 903,
    logLevel: 'DEBUG',
    debugSampleRate: '0.05',
    stackName: 'Other',
  });
  expect(template.readProperties('FunctionsCreateJob')['Environment']).toMatchObject({
    Variables: {
      POWERTOOLS_LOG_LEVEL: 'DEBUG',
      POWERTOOLS_LOGGER_SAMPLE_RATE: '0.05',
      POWERTOOLS_METRICS_NAMESPACE: 'Other',
      TOKEN_ISSUER: 'http://127.0.0.1:9000/',
      TOKEN_JWKS_URL: 'http://localhost:9000/keys',
      TOKEN_RULES: JSON.stringify({
        audiences: ['buyers'],
        clientIds: ['app'],
        scopesClaims: ['permissions', 'scope'],
        writeScope: 'w',
        readScope: 'r',
        accountsClaim: 'https://buyers.test/accounts',
        accountsByClient: { app: [101] },
        clientClaims: ['app_id'],
        callerClaims: ['app_id'],
        clockToleranceSeconds: 5,
      }),
      KEY_SET_MAX_AGE_HOURS: '3',
      MAX_TARGET_GROUPS: '500',
      CHUNK_SIZE: '1',
      JOB_RETENTION_DAYS: '3',
      IDEMPOTENCY_TTL_SECONDS: '7200',
      STALLED_SECONDS: '700',
      MAX_OPEN_JOBS_PER_ACCOUNT: '901',
      MAX_OPEN_TARGET_GROUPS_PER_ACCOUNT: '902',
      MAX_OPEN_TARGET_GROUPS: '903',
      WORK_RATE: '1757',
    },
  });
  expect(template.readProperties('FunctionsWorker')['Environment']).toMatchObject({
    Variables: { CLAIM_SECONDS: '115', DEADLINE_SECONDS: '7200' },
  });
  expect(template.readProperties('FunctionsReconcile')['Environment']).toMatchObject({
    Variables: {
      TOKEN_ISSUER: 'http://127.0.0.1:9000/',
      TOKEN_JWKS_URL: 'http://localhost:9000/keys',
      KEY_SET_MAX_AGE_HOURS: '3',
      STALLED_SECONDS: '700',
      DEADLINE_SECONDS: '7200',
      WORKER_MAX_CONCURRENCY: '7',
    },
  });
});
