/** Tests the configuration: defaults, values given as text, and one clear line for each bad value. */
import { describe, expect, test } from '@jest/globals';
import {
  type ConfigKey,
  ConfigurationError,
  describeConfig,
  listPlaceholders,
  MAX_TOKEN_BYTES,
  readConfig,
} from '../../lib/config.ts';
import {
  makeKeyEnvironment,
  makeTokenEnvironment,
  makeTokenRules,
  measureEnvironment,
} from '../../lib/token-rules.ts';

/** Returns the error lines for a context, which must be refused. */
function listProblems(context: Record<string, unknown>): readonly string[] {
  try {
    readConfig(context);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  throw new Error('the context was accepted');
}

const KEYS = describeConfig().map(({ key }) => key);

/** Keys without a default. */
const OPTIONAL = [
  'account',
  'region',
  'tags',
  'clientIds',
  'accountsByClient',
  'subnetIds',
  'securityGroupIds',
  'kmsKeyArn',
  'jobsTable',
  'targetGroupsTable',
  'idempotencyTable',
  'warmWrites',
  'warmReads',
  'keySetsTable',
  'domainName',
  'certificateArn',
  'basePath',
  'corsOrigins',
  'jwksUrl',
  'createReservedConcurrency',
  'readReservedConcurrency',
  'alarmEmail',
  'alarmTopicArn',
  'runbookUrl',
  'alarmMessageAgeSeconds',
  'alarmOpenJobSeconds',
];

test('without any context every key that is not optional has its default', () => {
  expect(readConfig({})).toEqual({
    stackName: 'FieldingJobs',
    issuer: 'https://issuer.example.com/',
    audience: ['https://audience.example.com/'],
    keySetMaxAgeHours: 24,
    accountsClaim: 'account_ids',
    scopesClaim: ['scope'],
    writeScope: 'batch-jobs:write',
    readScope: 'batch-jobs:read',
    clientClaims: ['client_id', 'azp', 'appid', 'cid'],
    callerClaims: ['sub', 'client_id', 'azp', 'appid'],
    clockToleranceSeconds: 60,
    maxTargetGroupsPerJob: 10_000,
    chunkSize: 200,
    jobRetentionDays: 30,
    idempotencyHours: 24,
    stalledSeconds: 600,
    deadlineSeconds: 3_600,
    workerTimeoutSeconds: 30,
    clockSkewSeconds: 10,
    workerMaxConcurrency: 10,
    workerRate: 200,
    workerMemoryMb: 512,
    createMemoryMb: 1_024,
    readMemoryMb: 1_024,
    reconcileMemoryMb: 512,
    accountConcurrency: 1_000,
    alarmTableThrottles: 100,
    alarmConcurrencyPercent: 80,
    createRateLimit: 20,
    createBurstLimit: 40,
    readRateLimit: 50,
    readBurstLimit: 100,
    maxReceiveCount: 8,
    logRetentionDays: 30,
    maxOpenJobsPerAccount: 1_000,
    maxOpenTargetGroupsPerAccount: 1_000_000,
    logLevel: 'INFO',
    debugSampleRate: 0,
    tracing: 'active',
    architecture: 'arm64',
    removalPolicy: 'retain',
    protect: false,
    alarmErrorPercent: 5,
    alarmMinimumErrors: 3,
    alarmUnauthenticatedPercent: 25,
    alarmThrottles: 10,
    alarmLatencyMs: 5_000,
    alarmConflicts: 10,
  });
});

test('every key is described, and its default is a valid value', () => {
  for (const { key, fallback, expected, description } of describeConfig()) {
    expect(`${key}: ${expected}`).toMatch(/: .*\w/);
    expect(`${key}: ${description}`).toMatch(/: .*\w\.$/);
    if (OPTIONAL.includes(key)) expect(fallback).toBeUndefined();
    else expect(readConfig({ [key]: fallback })).toEqual(readConfig({}));
  }
});

test('numbers may be given as text, as `cdk -c key=value` passes them', () => {
  const numbers = {
    clockToleranceSeconds: 0,
    keySetMaxAgeHours: 48,
    maxTargetGroupsPerJob: 9_999,
    chunkSize: 20,
    jobRetentionDays: 31,
    idempotencyHours: 48,
    stalledSeconds: 601,
    deadlineSeconds: 3_601,
    workerTimeoutSeconds: 29,
    clockSkewSeconds: 299,
    workerMaxConcurrency: 2,
    workerRate: 2_501,
    maxOpenJobsPerAccount: 900,
    maxOpenTargetGroupsPerAccount: 900_000,
    maxOpenTargetGroups: 800_000,
    workerMemoryMb: 256,
    createMemoryMb: 257,
    readMemoryMb: 258,
    reconcileMemoryMb: 10_240,
    warmWrites: 4_001,
    warmReads: 12_001,
    accountConcurrency: 250,
    alarmTableThrottles: 7,
    alarmConcurrencyPercent: 50,
    createRateLimit: 21,
    createBurstLimit: 41,
    readRateLimit: 51,
    readBurstLimit: 61,
    createReservedConcurrency: 70,
    readReservedConcurrency: 80,
    maxReceiveCount: 6,
    logRetentionDays: 365,
    alarmErrorPercent: 6,
    alarmMinimumErrors: 4,
    alarmUnauthenticatedPercent: 7,
    alarmThrottles: 11,
    alarmLatencyMs: 4_000,
    alarmConflicts: 9,
    alarmMessageAgeSeconds: 100,
    alarmOpenJobSeconds: 200,
  };
  const texts = Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, String(value)]));
  expect(readConfig(numbers)).toMatchObject(numbers);
  expect(readConfig({ debugSampleRate: '0.05' })).toMatchObject({ debugSampleRate: 0.05 });
  expect(readConfig(texts)).toEqual(readConfig(numbers));
});

const KEY = 'arn:aws:kms:eu-central-1:012345678901:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const TOPIC = 'arn:aws:sns:eu-central-1:012345678901:alarms';
const CERTIFICATE = 'arn:aws:acm:eu-central-1:123456789012:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';

const BAD: Record<ConfigKey, unknown[]> = {
  stackName: ['', '1st', 'a b', 'x'.repeat(125), 7],
  account: ['', '12345678901', '1234567890123', '12345678901x', 123_456_789_012, null],
  region: ['', 'Ireland', 'eu-west', 'EU-WEST-1', 'eu-west-1a', 1],
  tags: ['', 'team=jobs', '{"team":"jobs"', '{"team":"a","team":"b"}', '["team"]', ['team'], 5, null],
  issuer: ['', 'issuer', 'ftp://id.test/', 'http://id.test/', ' https://id.test/', 'https://u:p@id.test/', 1],
  audience: ['', 'two words', 'x'.repeat(201), null, [], ['a', ''], ['a b'], [1], '["a"', '[]', '[1]'],
  jwksUrl: ['keys', 'http://localhost.id.test/', 'http://127.0.0.1@id.test/', 'file:///keys', {}],
  keySetMaxAgeHours: [0, 721, 'a day'],
  accountsClaim: ['', 'a b'],
  scopesClaim: ['', '\n', Array<string>(11).fill('x'), { scope: true }],
  clientIds: ['', [], [null], '["a",]'],
  writeScope: ['', 'a b', 1, ['a']],
  readScope: ['', '\t'],
  accountsByClient: [
    ...['', 'cli', '{"cli":[101]', '{"cli":[1],"cli":[2]}', [101], 101, null],
    ...[{ cli: 101 }, { cli: [] }, { cli: ['101'] }, { cli: [0] }, { cli: [2 ** 31] }, { cli: [1.5] }],
    ...[{ '': [101] }, { 'a b': [101] }, { cli: null }],
  ],
  clientClaims: ['', [], [['azp']]],
  callerClaims: ['', '[', true],
  clockToleranceSeconds: [-1, 301, 1.5, '1m'],
  maxTargetGroupsPerJob: [0, 10_001, 1.5, 'many', '', '1e3', '0x10', ' 5', true, [5]],
  chunkSize: [0, 1_001, -1, '-1', 'abc'],
  jobRetentionDays: [0, '0', 3_651],
  idempotencyHours: [0, 8_761, 'a day'],
  stalledSeconds: [0, 86_401, '10m'],
  deadlineSeconds: [0, 86_401, '1h'],
  workerTimeoutSeconds: [0, 901],
  clockSkewSeconds: [0, 3_601],
  workerMaxConcurrency: [0, 1, 1_001],
  workerRate: [0, 1_000_000_001, 0.5],
  maxOpenJobsPerAccount: [0, 10_001, 'all'],
  maxOpenTargetGroupsPerAccount: [0, 1_000_000_001],
  maxOpenTargetGroups: [0, 1_000_000_001, null],
  workerMemoryMb: [255, 10_241, '1 GB'],
  createMemoryMb: [255, 10_241],
  readMemoryMb: [255, 10_241],
  reconcileMemoryMb: [255, 10_241],
  warmWrites: [3_999, 40_001, ''],
  warmReads: [11_999, 40_001, 'many'],
  createRateLimit: [0, 10_001, 0.5],
  createBurstLimit: [0, 5_001],
  readRateLimit: [0, 10_001, 'none'],
  readBurstLimit: [0, 5_001],
  createReservedConcurrency: [0, '0', 1_001, '', null],
  readReservedConcurrency: [0, -1, 'all'],
  accountConcurrency: [9, 100_001],
  maxReceiveCount: [0, 1_001],
  logRetentionDays: [0, 2, 31, '31', 9_999, 'forever'],
  logLevel: ['info', 'LOUD', ''],
  debugSampleRate: [-0.1, 1.01, '2', '.5', '5%', ''],
  tracing: ['on', 'Active', 'passthrough', true, ''],
  subnetIds: [
    ...[
      '',
      'subnet-1',
      'vpc-0a1b2c3d',
      [],
      ['subnet-0a1b2c3d', 'subnet-0a1b2c3d'],
      '["subnet-0a1b2c3d",]',
      null,
    ],
    ...[Array.from({ length: 17 }, (_, index) => `subnet-0a1b2c${10 + index}`), [5]],
  ],
  securityGroupIds: [
    ...['', 'sg-1', 'default', [], ['sg-0a1b2c3d', 'sg-0a1b2c3d'], null],
    ...[Array.from({ length: 6 }, (_, index) => `sg-0a1b2c1${index}`), [5]],
  ],
  architecture: ['arm', 'x86', 'ARM64', ''],
  removalPolicy: ['snapshot', 'RETAIN', true],
  protect: ['yes', '', 1, null],
  kmsKeyArn: [
    ...['', '1234abcd-12ab-34cd-56ef-1234567890ab', 'arn:aws:kms:eu-central-1:012345678901:alias/jobs', null],
    ...[KEY.replace('key/', 'key/x'), KEY.replace('012345678901', ''), KEY.replace('kms', 'sns')],
    ...[KEY.replace(/[\da-f-]{36}$/, '-'.repeat(36)), KEY.replace('key/', 'key/mrk-'), KEY.slice(0, -1)],
  ],
  jobsTable: ['', 'ab', 'a b', 'x'.repeat(256), 'arn:aws:dynamodb:us-east-1:1:table/jobs', 5],
  targetGroupsTable: ['ab', 'a/b'],
  idempotencyTable: ['ab', 'ä'.repeat(3)],
  keySetsTable: ['', 'ab', 'a b', 'x'.repeat(256)],
  alarmEmail: ['', 'nobody', 'a@b', 3],
  alarmTopicArn: [
    ...['', 'alarms', 'arn:aws:sns:eu-central-1:1:alarms', 'arn:aws:sqs:eu-central-1:012345678901:alarms'],
    ...['arn:aws:sns:eu-central-1:012345678901:alarms.fifo', `${TOPIC}:8a21d249`, TOPIC.toUpperCase(), null],
  ],
  runbookUrl: [
    ...[
      '',
      'docs/runbook.md',
      'http://wiki.test/',
      'https://wiki.test/a#b',
      'https://wiki.test/a b',
      'https://',
    ],
    ...['javascript:alert(1)', 'https://a:b@wiki.test/', 'https://wiki.test/a"b', "https://wiki.test/a'b"],
    // They would end the link in the dashboard, or be read by CloudFormation.
    ...['https://wiki.test/a(b)', 'https://wiki.test/{{resolve:ssm:a}}', 'https://wiki.test/a\u200bb'],
    `https://wiki.test/${'x'.repeat(483)}`,
  ],
  alarmErrorPercent: [0, 101, '5%'],
  alarmMinimumErrors: [0, 10_001],
  alarmUnauthenticatedPercent: [0, 101],
  alarmThrottles: [0, 100_001],
  alarmTableThrottles: [0, 1_000_001],
  alarmConcurrencyPercent: [0, 101, '80%'],
  alarmLatencyMs: [0, 30_001, '5s'],
  alarmConflicts: [0, 100_001],
  alarmMessageAgeSeconds: [0, 86_401, '10m'],
  alarmOpenJobSeconds: [0, 86_401, ''],
  domainName: [
    ...['', 'localhost', 'https://api.example.com', 'api.example.com/', 'API.example.com', '*.example.com'],
    ...['api_1.example.com', '-a.example.com', '10.0.0.1', `${'a'.repeat(64)}.com`, 'müller.de', 7],
  ],
  certificateArn: [
    'certificate/a',
    'arn:aws:acm:eu-central-1:123456789012:certificate/',
    'arn:aws:iam::123456789012:server-certificate/a',
  ],
  basePath: [
    ...['', '/', 'jobs', '/jobs/', '//jobs', '/a//b', '/a b', '/a?b', '/a%20b', '/./a', '/a/..', '/ä'],
    ...['/demand', '/a/demand', '/demand/a', `/${'a'.repeat(300)}`, 7],
  ],
  corsOrigins: [
    ...['*', 'https://*', 'https://*.example.com', 'null', '', 'app.example.com', 'https://app.example.com/'],
    ...['https://app.example.com/page', 'https://App.example.com', 'https://app.example.com:443', 'file://'],
    ...['http://app.example.com', 'https://a@app.example.com', 'https://müller.de', 'chrome-extension://abc'],
    // URLs all the same, but of no host that has pages.
    ...['https://${app}.example.com', 'https://{app}.example.com', "https://'app.example.com'"],
    ...[
      'https://a.example,b.example',
      'https://a.example;b',
      'https://app.example.com.',
      'https://a..example',
    ],
    [],
    ['https://a.example', 'https://a.example'],
    Array.from({ length: 21 }, (_, index) => `https://a${index}.example`),
    null,
  ],
};

describe('a bad value is refused in one line that names key, found and expected', () => {
  test('every key has bad values here', () => {
    expect(Object.keys(BAD).sort()).toEqual([...KEYS].sort());
  });

  test.each(Object.entries(BAD))('%s', (key, values) => {
    const expected = describeConfig().find((row) => row.key === key)?.expected;
    for (const value of values) {
      const shown = JSON.stringify(value);
      const found = shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
      expect(listProblems({ [key]: value })).toEqual([
        `context key ${key}: found ${found}, expected ${expected}`,
      ]);
    }
  });

  test('several bad values are refused together', () => {
    const context = Object.fromEntries(Object.entries(BAD).map(([key, values]) => [key, values[0]]));
    const named = listProblems(context).map((line) => /^context key (\w+): found/.exec(line)?.[1]);
    expect(named.sort()).toEqual([...KEYS].sort());
  });
});

describe('the address of the API', () => {
  const DOMAIN = { domainName: 'jobs.api.example.com', certificateArn: CERTIFICATE, region: 'eu-central-1' };

  test('is a domain with its certificate, and may have a base path of several levels', () => {
    for (const more of [
      {},
      { basePath: '/jobs' },
      { basePath: '/bulk/v2/jobs_1.0-x' },
      { basePath: '/demands' },
    ]) {
      expect(readConfig({ ...DOMAIN, ...more })).toMatchObject({ ...DOMAIN, ...more });
    }
    expect(readConfig({ ...DOMAIN, account: '123456789012' }).domainName).toBe('jobs.api.example.com');
    const elsewhere: [string, string][] = [
      ['aws-cn', 'cn-north-1'],
      ['aws-us-gov', 'us-gov-west-1'],
    ];
    for (const [partition, region] of elsewhere) {
      const certificateArn = `arn:${partition}:acm:${region}:123456789012:certificate/a`;
      expect(readConfig({ ...DOMAIN, region, certificateArn, tracing: 'off' }).certificateArn).toBe(
        certificateArn,
      );
    }
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'a domain alone',
      { domainName: 'a.example' },
      /^context key domainName: found "a.example", expected none/,
    ],
    [
      'a certificate alone',
      { ...DOMAIN, domainName: undefined },
      /^context key certificateArn: found .*none without/,
    ],
    [
      'a base path alone',
      { basePath: '/jobs' },
      /^context key basePath: found "\/jobs", expected none without/,
    ],
    [
      'a certificate of another region',
      { ...DOMAIN, region: 'us-east-1' },
      /certificateArn: .* of the region/,
    ],
    ['no region', { ...DOMAIN, region: undefined }, /^context key certificateArn: .* and region set/],
    [
      'a certificate of another account',
      { ...DOMAIN, account: '210987654321' },
      /certificateArn: .* and account/,
    ],
  ])('%s is refused', (_, context, problem) => {
    const given = Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined));
    expect(listProblems(given)).toEqual([expect.stringMatching(problem)]);
  });

  test('origins are a list in a file, and JSON text or one text in the context', () => {
    const corsOrigins = ['https://app.example.com', 'https://xn--mller-kva.de:8443', 'http://localhost:5173'];
    expect(readConfig({ corsOrigins }).corsOrigins).toEqual(corsOrigins);
    expect(readConfig({ corsOrigins: JSON.stringify(corsOrigins) }).corsOrigins).toEqual(corsOrigins);
    expect(readConfig({ corsOrigins: corsOrigins[0] }).corsOrigins).toEqual([corsOrigins[0]]);
    for (const origin of [
      'http://127.0.0.1:8080',
      'http://[::1]',
      'https://intranet',
      'https://10.0.0.1:8443',
    ]) {
      expect(readConfig({ corsOrigins: origin }).corsOrigins).toEqual([origin]);
    }
  });
});

describe('settings of tokens', () => {
  test('are plain lists and maps in a file, and JSON text or one text in the context', () => {
    const lists = { audience: ['one', 'two'], clientIds: ['a'], scopesClaim: ['scp', 'roles'] };
    const accountsByClient = { 'app-guid': [101, 102], constructor: [7] };
    const plain = readConfig({ ...lists, accountsByClient });
    expect(plain).toMatchObject({ ...lists, accountsByClient });
    const texts = Object.entries({ ...lists, accountsByClient }).map(([key, value]) => [
      key,
      JSON.stringify(value),
    ]);
    expect(readConfig(Object.fromEntries(texts))).toEqual(plain);
    expect(readConfig({ audience: 'one', clientIds: 'a' })).toMatchObject({
      audience: ['one'],
      clientIds: ['a'],
    });
    expect(readConfig({ accountsByClient: {} }).accountsByClient).toEqual({});
  });

  test('may not grant accounts to a client that is named __proto__, which would be lost', () => {
    const text = '{"cli":[101],"__proto__":[102]}';
    for (const given of [text, JSON.parse(text) as unknown]) {
      expect(listProblems({ accountsByClient: given })[0]).toMatch(/, expected no client __proto__$/);
    }
  });

  test('need an audience or a client id', () => {
    expect(listPlaceholders(readConfig({}))).toEqual(['issuer', 'audience']);
    expect(listPlaceholders(readConfig({ audience: 'jobs' }))).toEqual(['issuer']);
    expect(listPlaceholders(readConfig({ clientIds: 'cli' }))).toEqual(['issuer']);
    expect(makeTokenRules(readConfig({ clientIds: 'cli' })).audiences).toEqual([]);
    expect(makeTokenRules(readConfig({ clientIds: 'cli', audience: ['jobs'] })).audiences).toEqual(['jobs']);
    expect(listPlaceholders(readConfig({ audience: ['jobs', 'https://audience.example.com/'] }))).toContain(
      'audience',
    );
  });

  test('are refused when they do not fit into the environment of a function', () => {
    const makeClients = (count: number) => ({
      accountsByClient: Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`${index}-`.padEnd(36, 'x'), [index + 1]]),
      ),
    });
    let most = 0;
    while (most < 100 && measure(makeClients(most + 1)) <= MAX_TOKEN_BYTES) most += 1;
    expect(most).toBeGreaterThan(25);
    expect(() => readConfig(makeClients(most))).not.toThrow();
    const [problem, ...others] = listProblems(makeClients(most + 1));
    expect(others).toEqual([]);
    expect(problem).toMatch(
      /^context key accountsByClient: found \{"0-x.*…, expected settings of tokens that take \d+ bytes at most/,
    );
    // The base URL is in the same environment.
    const address = {
      domainName: `${'abcdefghi.'.repeat(20)}com`,
      certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/a',
      region: 'us-east-1',
      basePath: `/${'p'.repeat(200)}`,
    };
    expect(() => readConfig(address)).not.toThrow();
    expect(listProblems({ ...makeClients(most), ...address })).toEqual([
      expect.stringMatching(/accountsByClient: .* together with domainName and basePath/),
    ]);
    // Also where the lists are what is large.
    expect(listProblems({ audience: Array.from({ length: 10 }, (_, n) => `${n}`.repeat(200)) })[0]).toMatch(
      /^context key accountsByClient: found its default, expected settings of tokens that take/,
    );
  });
});

/** Measures the variables of settings without the check of their size. */
function measure(changes: Record<string, unknown>): number {
  const config = { ...readConfig({}), ...changes };
  return measureEnvironment({ ...makeKeyEnvironment(config), ...makeTokenEnvironment(config) });
}

describe('tags', () => {
  test('are a map in a file, and JSON text in the context', () => {
    const tags = { team: 'jobs', 'cost center': 'a@b+c=1:2/3_4.5-6', Straße: 'Köln' };
    expect(readConfig({ tags }).tags).toEqual(tags);
    expect(readConfig({ tags: JSON.stringify(tags) }).tags).toEqual(tags);
    expect(readConfig({ tags: {} }).tags).toEqual({});
  });

  test.each([
    { '': 'x' },
    { ['k'.repeat(129)]: 'x' },
    { 'team!': 'x' },
    { team: '' },
    { team: 'v'.repeat(257) },
    { team: 'a,b' },
    { team: 5 },
    { team: null },
    { team: ['x'] },
  ])('%j is refused, and only the wrong entry shown', (tags) => {
    const shown = JSON.stringify(tags);
    const [problem, ...others] = listProblems({ tags: { owner: 'ops', ...tags } });
    expect(others).toEqual([]);
    expect(problem).toContain(`context key tags: found ${shown.slice(0, 80)}`);
    expect(problem).toContain(', expected a map of at most 50 tags, ');
  });

  test.each([{ 'aws:team': 'x' }, { 'AWS:team': 'x' }, { team: 'aws:x' }])('%j is refused', (tags) => {
    expect(listProblems({ tags })).toEqual([
      `context key tags: found ${JSON.stringify(tags)}, expected no tag that begins with aws:`,
    ]);
  });

  test('are at most 50, and no two keys differ only in case', () => {
    const makeTags = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'x']));
    expect(Object.keys(readConfig({ tags: makeTags(50) }).tags ?? {})).toHaveLength(50);
    expect(listProblems({ tags: makeTags(51) })).toHaveLength(1);
    expect(listProblems({ tags: { team: 'a', Team: 'b' } })).toEqual([
      'context key tags: found {"Team":"b"}, expected no key that differs from another only in case',
    ]);
  });
});

test.each(['eu-west-1', 'ap-southeast-7', 'us-gov-west-1', 'cn-north-1', 'us-isob-east-1', 'eusc-de-east-1'])(
  'the region may be %s',
  (region) => {
    expect(readConfig({ region, tracing: 'off' })).toMatchObject({ region });
  },
);

test('an address of this machine may use http', () => {
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    const address = `http://${host}:8080/`;
    expect(readConfig({ issuer: address, jwksUrl: address })).toMatchObject({ issuer: address });
  }
});

/** Workers that need no long deadline for the limits of open work. */
const FAST = { workerRate: 100_000 };

describe('values that do not fit together', () => {
  test.each([
    [
      'maxOpenTargetGroupsPerAccount',
      { maxOpenTargetGroupsPerAccount: 9_999 },
      { maxTargetGroupsPerJob: 9_999 },
    ],
    ['stalledSeconds', { workerTimeoutSeconds: 100, stalledSeconds: 600 }, { stalledSeconds: 601 }],
    ['deadlineSeconds', { stalledSeconds: 700, deadlineSeconds: 700, ...FAST }, { deadlineSeconds: 701 }],
    ['deadlineSeconds', { jobRetentionDays: 1, deadlineSeconds: 41_401 }, { deadlineSeconds: 41_400 }],
    ['idempotencyHours', { jobRetentionDays: 1, idempotencyHours: 25 }, { idempotencyHours: 24 }],
    [
      'accountConcurrency',
      { createReservedConcurrency: 70, readReservedConcurrency: 80, accountConcurrency: 249 },
      { accountConcurrency: 250 },
    ],
    ['chunkSize', { chunkSize: 19 }, { chunkSize: 20 }],
    ['chunkSize', { chunkSize: 1, maxTargetGroupsPerJob: 501 }, { maxTargetGroupsPerJob: 500 }],
  ])('%s is refused beside a value that it does not fit', (key, bad, mended) => {
    const problems = listProblems(bad);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      new RegExp(`^context key ${key}: found \\d+, expected (more than|at most|at least) `),
    );
    expect(readConfig({ ...bad, ...mended })).toMatchObject(mended);
  });

  test.each([
    // 10 workers of 200 a second move 3,600,000 in half an hour. 2 routes take 2 x (40 + 3 x 20) calls
    // of 10,000 that the limit does not stop, so 2,000,000.
    { bad: { maxOpenTargetGroups: 1_600_001 }, mended: { maxOpenTargetGroups: 1_600_000 } },
    { bad: { maxOpenTargetGroups: 9_999 }, mended: { maxTargetGroupsPerJob: 9_999 } },
    { bad: { deadlineSeconds: 2_009 }, mended: { deadlineSeconds: 2_010 } },
    { bad: { workerRate: 111 }, mended: { workerRate: 112 } },
    { bad: { workerMaxConcurrency: 5 }, mended: { workerMaxConcurrency: 6 } },
    { bad: { createRateLimit: 47 }, mended: { createRateLimit: 46 } },
    { bad: { createBurstLimit: 120 }, mended: { createBurstLimit: 119 } },
  ])('more open work than the workers move in half a deadline is refused: $bad', ({ bad, mended }) => {
    const [problem, ...others] = listProblems(bad);
    expect(others).toEqual([]);
    expect(problem).toMatch(
      /^context key maxOpenTargetGroups: found (its default|\d+), expected a limit that leaves room for a job/,
    );
    expect(readConfig({ ...bad, ...mended })).toMatchObject(mended);
  });

  test.each(['warmWrites', 'warmReads'])('%s is refused for a table that the stack does not make', (key) => {
    const [problem] = listProblems({ [key]: 20_000, targetGroupsTable: 'restored' });
    expect(problem).toMatch(/^context key warmWrites: found .+, expected none while targetGroupsTable names/);
  });

  test('an account of 10 needs no more as long as nothing is reserved', () => {
    expect(readConfig({ accountConcurrency: 10 })).toMatchObject({ accountConcurrency: 10 });
    expect(listProblems({ accountConcurrency: 10, readReservedConcurrency: 1 })).toHaveLength(1);
  });

  test('are reported together with other bad values, and also if one of the two is a default', () => {
    expect(listProblems({ chunkSize: 'x', idempotencyHours: 24 * 31 })).toHaveLength(2);
    expect(listProblems({ workerTimeoutSeconds: 900 })[0]).toMatch(
      /stalledSeconds: found its default, expected more than the visibility timeout /,
    );
  });
});

describe('the topic of the alarms', () => {
  test('is in the region of the environment, of any account', () => {
    const environment = { region: 'eu-central-1', account: '111122223333' };
    for (const region of ['eu-central-1', undefined]) {
      expect(readConfig({ ...environment, region, alarmTopicArn: TOPIC })).toMatchObject({
        alarmTopicArn: TOPIC,
      });
    }
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:111122223333:alarms';
    expect(listProblems({ ...environment, alarmTopicArn })).toEqual([
      `context key alarmTopicArn: found "${alarmTopicArn}", expected a topic of the region eu-central-1: ` +
        'an alarm cannot send to another region',
    ]);
  });

  test('gets no subscription from us if it exists', () => {
    expect(listProblems({ alarmTopicArn: TOPIC, alarmEmail: 'ops@id.test' })).toEqual([
      expect.stringMatching(
        /^context key alarmEmail: found "ops@id.test", expected none while alarmTopicArn/,
      ),
    ]);
  });
});

describe('the network', () => {
  const subnetIds = ['subnet-0a1b2c3d', 'subnet-0a1b2c3d4e5f67890'];
  const securityGroupIds = ['sg-0a1b2c3d'];

  test('is a list of subnets and one of security groups, or one of each as text', () => {
    expect(readConfig({ subnetIds, securityGroupIds })).toMatchObject({ subnetIds, securityGroupIds });
    const texts = { subnetIds: JSON.stringify(subnetIds), securityGroupIds: 'sg-0a1b2c3d' };
    expect(readConfig(texts)).toMatchObject({ subnetIds, securityGroupIds });
  });

  test.each([{ subnetIds }, { securityGroupIds }])('is refused with %j alone', (context) => {
    expect(listProblems(context)).toEqual([
      expect.stringMatching(
        /^context key subnetIds: found .*, expected both subnetIds and securityGroupIds, or/,
      ),
    ]);
  });
});

describe('a key of the company', () => {
  const environment = { region: 'eu-central-1', account: '012345678901' };

  test.each([KEY, KEY.replace('key/', 'key/mrk-').replaceAll('-12ab-34cd-56ef-', '12ab34cd56ef')])(
    'may be %s',
    (kmsKeyArn) => {
      expect(readConfig({ ...environment, kmsKeyArn })).toMatchObject({ kmsKeyArn });
      expect(readConfig({ kmsKeyArn })).toMatchObject({ kmsKeyArn });
    },
  );

  test.each(['arn:aws:kms:eu-west-1:012345678901', 'arn:aws:kms:eu-central-1:111122223333'])(
    'is not of another place than the environment: %s',
    (start) => {
      expect(listProblems({ ...environment, kmsKeyArn: KEY.replace(/^.*(?=:key)/, start) })).toEqual([
        expect.stringMatching(
          /^context key kmsKeyArn: found .*, expected a key of the region eu-central-1 and the account 012345678901$/,
        ),
      ]);
    },
  );
});

describe('an ARN whose partition has no such region', () => {
  test.each([
    ['kmsKeyArn', KEY, 'aws-us-gov', 'aws'],
    ['alarmTopicArn', TOPIC, 'aws-cn', 'aws'],
    ['certificateArn', CERTIFICATE, 'aws-cn', 'aws'],
    ['kmsKeyArn', KEY.replace('eu-central-1', 'us-gov-west-1'), 'aws', 'aws-us-gov'],
  ])('is refused as %s, also without a region: %s', (key, arn, wrong, right) => {
    const found = arn.replace('arn:aws:', `arn:${wrong}:`);
    const region = arn.split(':')[3] ?? '';
    for (const environment of [{}, { region }]) {
      expect(listProblems({ ...environment, [key]: found })).toEqual([
        expect.stringMatching(
          new RegExp(`^context key ${key}: found .*, expected arn:${right}:…, the partition of ${region}$`),
        ),
      ]);
    }
  });
});

describe('ARNs in an environment without a region and an account', () => {
  test('are of one region, which tells the environment', () => {
    expect(readConfig({ kmsKeyArn: KEY, alarmTopicArn: TOPIC })).toMatchObject({ kmsKeyArn: KEY });
    expect(
      listProblems({ kmsKeyArn: KEY, alarmTopicArn: TOPIC.replace('eu-central-1', 'eu-west-1') }),
    ).toEqual([
      expect.stringMatching(
        /^context key alarmTopicArn: found .*, expected a topic of the region eu-central-1, as kmsKeyArn: an alarm/,
      ),
    ]);
  });

  test('are of one account, except the topic', () => {
    const environment = { region: 'eu-central-1', domainName: 'api.id.test', kmsKeyArn: KEY };
    const certificateArn = CERTIFICATE.replace(/\d{12}/, '012345678901');
    expect(readConfig({ ...environment, certificateArn })).toMatchObject({ certificateArn });
    expect(
      listProblems({
        ...environment,
        certificateArn: certificateArn.replace('012345678901', '111122223333'),
      }),
    ).toEqual([
      expect.stringMatching(
        /^context key certificateArn: found .*, expected a certificate of the region and account/,
      ),
    ]);
  });

  test.each(['kmsKeyArn', 'alarmTopicArn'])('in China need traces to be off, by %s', (key) => {
    const arn = (key === 'kmsKeyArn' ? KEY : TOPIC)
      .replace('arn:aws:', 'arn:aws-cn:')
      .replace('eu-central-1', 'cn-north-1');
    expect(listProblems({ [key]: arn })).toEqual([
      'context key tracing: found its default, expected off in cn-north-1: Lambda has no X-Ray in China',
    ]);
    expect(readConfig({ [key]: arn, tracing: 'off' })).toMatchObject({ tracing: 'off' });
  });
});

describe('keys', () => {
  test.each([
    ['chunksize', 'chunkSize'],
    ['chunk-size', 'chunkSize'],
    ['CHUNK_SIZE', 'chunkSize'],
    ['chunkSizes', 'chunkSize'],
    ['jwksUri', 'jwksUrl'],
    ['accountClaim', 'accountsClaim'],
    ['alarmEMail', 'alarmEmail'],
    ['ENV', 'env'],
    ['allowPlaceholder', 'allowPlaceholders'],
    ['tag', 'tags'],
    ['kmsKey', 'kmsKeyArn'],
    ['kmsKeyId', 'kmsKeyArn'],
    ['KMS_KEY_NAME', 'kmsKeyArn'],
    ['alarmTopic', 'alarmTopicArn'],
    ['securityGroup', 'securityGroupIds'],
  ])('%s is taken for a misspelt %s', (key, meant) => {
    expect(listProblems({ [key]: 'x' })).toEqual([`context key ${key}: not known, did you mean ${meant}?`]);
  });

  test('of the CDK and of other apps are ignored', () => {
    const context = {
      'aws:cdk:bundling-stacks': ['**'],
      '@aws-cdk/core:checkSecretUsage': true,
      'availability-zones:account=1:region=x': [],
      'acknowledged-issue-numbers': [1],
      vpcId: 'vpc-1',
      stage: 'beta',
      dev: true,
    };
    expect(readConfig(context)).toEqual(readConfig({}));
  });
});
