/** Tests the files of environments: what is read from them, what goes before them, and what is refused. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfigurationError, describeConfig } from '../../lib/config.ts';
import { readConfiguration } from '../../lib/environment.ts';
import { PROJECT } from './production-packages.ts';

/** The keys that a deployment must set. */
const BARE = { issuer: 'https://id.test/', audience: 'buyers' };

/** A value of every key, except those of a table or topic that the stack makes: FULL names existing ones. */
const FULL = {
  stackName: 'Staging',
  account: '012345678901',
  region: 'eu-central-1',
  tags: { team: 'jobs', 'cost center': '4711' },
  ...BARE,
  jwksUrl: 'https://id.test/keys',
  keySetMaxAgeHours: 12,
  accountsClaim: 'accounts',
  scopesClaim: ['scopes', 'roles'],
  clientIds: ['cli'],
  writeScope: 'write',
  readScope: 'read',
  accountsByClient: { cli: [101] },
  clientClaims: ['app'],
  callerClaims: ['user', 'app'],
  clockToleranceSeconds: 30,
  maxTargetGroupsPerJob: 9_000,
  chunkSize: 100,
  jobRetentionDays: 60,
  idempotencyHours: 48,
  stalledSeconds: 700,
  deadlineSeconds: 7_200,
  workerTimeoutSeconds: 60,
  clockSkewSeconds: 200,
  workerMaxConcurrency: 20,
  workerRate: 300,
  maxOpenJobsPerAccount: 900,
  maxOpenTargetGroupsPerAccount: 900_000,
  maxOpenTargetGroups: 800_000,
  workerMemoryMb: 1_024,
  createMemoryMb: 2_048,
  readMemoryMb: 512,
  reconcileMemoryMb: 768,
  createRateLimit: 20,
  createBurstLimit: 40,
  readRateLimit: 50,
  readBurstLimit: 60,
  domainName: 'api.id.test',
  certificateArn: 'arn:aws:acm:eu-central-1:012345678901:certificate/a',
  basePath: '/jobs',
  corsOrigins: ['https://app.id.test'],
  createReservedConcurrency: 70,
  readReservedConcurrency: 80,
  accountConcurrency: 2_000,
  maxReceiveCount: 6,
  logRetentionDays: 365,
  logLevel: 'WARN',
  debugSampleRate: 0.01,
  tracing: 'off',
  subnetIds: ['subnet-0a1b2c3d4e5f67890', 'subnet-0a1b2c3d4e5f67891'],
  securityGroupIds: ['sg-0a1b2c3d4e5f67890'],
  architecture: 'x86_64',
  removalPolicy: 'retain',
  protect: true,
  kmsKeyArn: 'arn:aws:kms:eu-central-1:012345678901:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  jobsTable: 'jobs',
  targetGroupsTable: 'target-groups',
  idempotencyTable: 'idempotency',
  keySetsTable: 'key-sets',
  alarmTopicArn: 'arn:aws:sns:eu-central-1:012345678901:alarms',
  runbookUrl: 'https://wiki.id.test/runbook?version=2',
  alarmErrorPercent: 6,
  alarmMinimumErrors: 4,
  alarmUnauthenticatedPercent: 7,
  alarmThrottles: 11,
  alarmTableThrottles: 50,
  alarmConcurrencyPercent: 90,
  alarmLatencyMs: 4_000,
  alarmConflicts: 9,
  alarmMessageAgeSeconds: 100,
  alarmOpenJobSeconds: 200,
};

const OWN = { warmWrites: 8_000, warmReads: 13_000, alarmEmail: 'operators@id.test' };

const DOMAIN = {
  region: 'eu-central-1',
  domainName: 'api.id.test',
  certificateArn: 'arn:aws:acm:eu-central-1:012345678901:certificate/a',
};

const OTHER_ACCOUNT = {
  account: '111122223333',
  certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/a',
};

const OTHER_REGION = {
  region: 'eu-west-1',
  certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/a',
};

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'environment-'));
  writeFileSync(join(project, 'cdk.json'), '{"app": "x"}');
});

afterEach(() => {
  rmSync(project, { recursive: true });
});

/** Writes the file of an environment, from its values or as text. */
function write(name: string, content: unknown): void {
  mkdirSync(join(project, 'config'), { recursive: true });
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(project, 'config', `${name}.json`), text);
}

const readEnvironment = (env: string, context: Record<string, unknown> = {}) =>
  readConfiguration({ env, ...context }, project);

/** Returns the error lines for a context, which must be refused. */
function listProblems(context: Record<string, unknown>): readonly string[] {
  try {
    readConfiguration(context, project);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  throw new Error('the context was accepted');
}

describe('a file', () => {
  test('may have the three needed keys only: all others have their defaults', () => {
    write('prod', BARE);
    const { config, notices } = readEnvironment('prod');
    expect(config).toEqual(readConfiguration(BARE, project).config);
    expect(config).toMatchObject({
      ...BARE,
      audience: ['buyers'],
      stackName: 'FieldingJobs',
      chunkSize: 200,
    });
    expect(notices).toEqual([]);
  });

  test('may have every key, and each has its effect', () => {
    expect([...Object.keys(FULL), ...Object.keys(OWN)].sort()).toEqual(
      describeConfig()
        .map(({ key }) => key)
        .sort(),
    );
    write('staging', FULL);
    expect(readEnvironment('staging').config).toEqual({ ...FULL, audience: ['buyers'] });
    write('own', { ...BARE, ...OWN });
    expect(readEnvironment('own').config).toMatchObject(OWN);
  });

  test('of the project is the example, which only allowPlaceholders accepts', () => {
    const context = { env: 'example' };
    expect(() => readConfiguration(context, PROJECT)).toThrow(/^issuer: found the placeholder /);
    const { config } = readConfiguration({ ...context, allowPlaceholders: 'true' }, PROJECT);
    expect(config).toEqual(readConfiguration({ allowPlaceholders: true }, PROJECT).config);
  });
});

describe('a key of the context', () => {
  test('goes before the same key of the file, and a notice says so', () => {
    write('prod', { ...BARE, logLevel: 'INFO', chunkSize: 100, tags: { team: 'a' } });
    const { config, notices } = readEnvironment('prod', {
      logLevel: 'DEBUG',
      chunkSize: '100',
      tags: '{"team":"b"}',
      alarmConflicts: '5',
    });
    expect(config).toMatchObject({
      logLevel: 'DEBUG',
      chunkSize: 100,
      tags: { team: 'b' },
      alarmConflicts: 5,
    });
    expect(notices).toEqual([
      'config/prod.json: logLevel is DEBUG this time, not INFO: -c goes first',
      'config/prod.json: tags is {"team":"b"} this time, not {"team":"a"}: -c goes first',
    ]);
  });

  // Too far from ours for an error, and perhaps of another app. But whoever meant ours must hear of it.
  test('that is none of ours has no effect, and a notice says so', () => {
    const ofOthers = {
      '@aws-cdk/core:x': true,
      'aws:cdk:x': 1,
      'acknowledged-issue-numbers': [1],
      bundles: {},
    };
    const context = { ...BARE, ...ofOthers, vpcSubnetIds: 'subnet-0a1b2c3d', allowPlaceholders: 'false' };
    expect(readConfiguration(context, project).notices).toEqual([
      'context key vpcSubnetIds: not known, no effect',
    ]);
    write('prod', BARE);
    expect(readEnvironment('prod', { stage: 'beta' }).notices).toEqual([
      'context key stage: not known, no effect',
    ]);
  });

  // The CDK passes the contexts of cdk.json and of -c as one.
  test('in cdk.json may set what the file does not, but not the same', () => {
    write('prod', { ...BARE, chunkSize: 100 });
    const context = { alarmEmail: 'ops@id.test', chunkSize: 50 };
    writeFileSync(join(project, 'cdk.json'), JSON.stringify({ context }));
    expect(listProblems({ env: 'prod', ...context })).toEqual([
      'config/prod.json: chunkSize: also in the context of cdk.json, remove it from one of the two',
    ]);
    write('prod', BARE);
    expect(readEnvironment('prod', context).config).toMatchObject(context);
  });
});

describe('a value in a file is refused with the file, the key, and what was expected', () => {
  test.each([
    [{ chunkSize: 'many' }, 'chunkSize: found "many", expected a whole number from 1 to 1000'],
    [{ chunkSize: true }, 'chunkSize: found true, expected a whole number from 1 to 1000'],
    [{ chunkSize: [5] }, 'chunkSize: found [5], expected a whole number from 1 to 1000'],
    [{ alarmEmail: null }, 'alarmEmail: found null, expected an e-mail address'],
    [{ stackName: '' }, 'stackName: found "", expected a letter, then up to 123 letters, digits or hyphens'],
    [{ account: 12_345_678_901 }, 'account: found 12345678901, expected text of 12 digits'],
    [{ chunksize: 5 }, 'chunksize: not known, did you mean chunkSize?'],
    [{ stage: 'prod' }, 'stage: not known'],
    [{ '@aws-cdk/core:checkSecretUsage': true }, '@aws-cdk/core:checkSecretUsage: not known'],
    [{ allowPlaceholders: true }, 'allowPlaceholders: not for a file, only for -c'],
    [{ env: 'dev' }, 'env: not for a file, only for -c'],
  ])('%j', (values, problem) => {
    write('prod', { ...BARE, ...values });
    expect(listProblems({ env: 'prod' })).toEqual([`config/prod.json: ${problem}`]);
  });

  test('as is a relation between two keys', () => {
    write('prod', { ...BARE, workerTimeoutSeconds: 900 });
    expect(listProblems({ env: 'prod' })).toEqual([
      expect.stringMatching(
        /^config\/prod\.json: stalledSeconds: found its default, expected more than the /,
      ),
    ]);
  });

  test('and one in the context beside it with its own origin', () => {
    write('prod', { ...BARE, chunkSize: 0 });
    expect(listProblems({ env: 'prod', logLevel: 'loud' })).toEqual([
      expect.stringMatching(/^config\/prod\.json: chunkSize: found 0, /),
      expect.stringMatching(/^context key logLevel: found "loud", /),
    ]);
  });
});

describe('a file is refused', () => {
  test.each([
    ['{\n  "chunkSize": 5,\n}\n', 'line 3, column 1: found "}", expected a key in double quotes'],
    [
      '{"chunkSize": 5, "chunkSize": 6}',
      'line 1, column 18: found "chunkSize", expected no second key "chunkSize"',
    ],
    ['', 'line 1, column 1: found the end of the text, expected a value'],
    ['[{"chunkSize": 5}]', 'found [{"chunkSize":5}], expected an object'],
    ['null', 'found null, expected an object'],
    ['"chunkSize"', 'found "chunkSize", expected an object'],
  ])('that says %j', (text, problem) => {
    write('prod', text);
    expect(listProblems({ env: 'prod' })).toEqual([`config/prod.json: ${problem}`]);
  });

  test('that does not exist, with a list of those that do', () => {
    expect(listProblems({ env: 'prod' })).toEqual([
      'context key env: found "prod", expected a file in config/',
    ]);
    write('prod', BARE);
    write('dev', BARE);
    expect(listProblems({ env: 'prdo' })).toEqual([
      'context key env: found "prdo", expected a file in config/: dev, prod',
    ]);
    // Also where the file system would open it.
    expect(listProblems({ env: 'Prod' })).toHaveLength(1);
  });

  test('that cannot be read', () => {
    mkdirSync(join(project, 'config', 'prod.json'), { recursive: true });
    expect(listProblems({ env: 'prod' })).toEqual([
      expect.stringMatching(/^config\/prod\.json: cannot be read: Error: EISDIR/),
    ]);
  });

  test.each(['', '../secrets', 'a/b', '..', '.', 'prod.json', '/etc/passwd', 'a b', 'x'.repeat(65), 5, null])(
    'under the name %j',
    (env) => {
      write('prod', BARE);
      writeFileSync(join(project, 'secrets.json'), JSON.stringify(BARE));
      expect(listProblems({ env })).toEqual([
        expect.stringMatching(/^context key env: found .*, expected the name of a file in config\/ without /),
      ]);
    },
  );
});

describe('placeholders', () => {
  test('are refused by their keys, with how to set them', () => {
    expect(listProblems({})).toEqual([
      'issuer: found the placeholder https://issuer.example.com/, with which no token is valid',
      'audience: found the placeholder https://audience.example.com/, with which no token is valid',
      'Set issuer, audience in config/<name>.json, chosen by -c env=<name>, or with -c issuer=<value>. ' +
        'Only to synthesize: -c allowPlaceholders=true',
    ]);
    write('prod', { issuer: BARE.issuer });
    expect(listProblems({ env: 'prod' })).toEqual([
      expect.stringMatching(/^audience: found the placeholder /),
      'Set audience in config/prod.json. Only to synthesize: -c allowPlaceholders=true',
    ]);
  });

  test('are accepted when the context allows them, and only then', () => {
    for (const allowPlaceholders of [true, 'true']) {
      expect(readConfiguration({ allowPlaceholders }, project).config).toMatchObject({ chunkSize: 200 });
    }
    for (const allowPlaceholders of [false, 'false']) {
      expect(listProblems({ allowPlaceholders })[0]).toMatch(/^issuer: found the placeholder /);
    }
    for (const allowPlaceholders of ['yes', '', 1]) {
      expect(listProblems({ ...BARE, allowPlaceholders })).toEqual([
        `context key allowPlaceholders: found ${JSON.stringify(allowPlaceholders)}, expected true or false`,
      ]);
    }
  });
});

describe('a setting of the CDK that it would ignore is refused', () => {
  const BOUNDARY = '@aws-cdk/core:permissionsBoundary';
  const QUALIFIER = '@aws-cdk/core:bootstrapQualifier';

  test.each<[string, unknown]>([
    // As -c passes it.
    [BOUNDARY, '{"name":"company-boundary"}'],
    [BOUNDARY, 'company-boundary'],
    [BOUNDARY, { Name: 'company-boundary' }],
    [BOUNDARY, { name: '' }],
    [BOUNDARY, { name: 'arn:aws:iam::111122223333:policy/company-boundary' }],
    [BOUNDARY, { arn: 'company-boundary' }],
    [BOUNDARY, { name: 'one', arn: 'arn:aws:iam::111122223333:policy/other' }],
    [BOUNDARY, null],
    [QUALIFIER, ''],
    [QUALIFIER, 'elevenchars'],
    [QUALIFIER, 5],
  ])('%s: %j', (key, value) => {
    const [problem, ...others] = listProblems({ ...BARE, [key]: value });
    expect(others).toEqual([]);
    expect(problem).toContain(`context key ${key}: found ${JSON.stringify(value).slice(0, 80)}, expected `);
  });

  test.each([
    ['@aws-cdk/core:permissionBoundary', BOUNDARY],
    ['@aws-cdk/core:permissionsBoundaryArn', BOUNDARY],
    ['@aws-cdk/core:bootstrap-qualifier', QUALIFIER],
  ])('%s for %s', (key, meant) => {
    expect(listProblems({ ...BARE, [key]: 'x' })).toEqual([
      `context key ${key}: not known, did you mean ${meant}?`,
    ]);
  });

  test('together with bad values of ours, and a good one is none', () => {
    expect(listProblems({ ...BARE, [BOUNDARY]: 'x', chunkSize: 'x' })).toHaveLength(2);
    for (const boundary of [{ name: 'cdk-${Qualifier}-boundary' }, { arn: 'arn:aws:iam::aws:policy/x' }]) {
      const context = { ...BARE, [BOUNDARY]: boundary, [QUALIFIER]: 'fielding' };
      expect(readConfiguration(context, project).notices).toEqual([]);
    }
  });
});

describe('two environments that would share a stack, a domain or a table', () => {
  test.each([
    [{}, {}, 'the stack FieldingJobs'],
    [{ stackName: 'Jobs' }, { stackName: 'Jobs' }, 'the stack Jobs'],
    [{ account: '111111111111' }, {}, 'the stack FieldingJobs'],
    [{ account: '111111111111', region: 'eu-west-1' }, { account: '111111111111' }, 'the stack FieldingJobs'],
    // The stack of the tables of one is the service of the other.
    [{ stackName: 'Jobs' }, { stackName: 'JobsData' }, 'the stack JobsData'],
    [{ stackName: 'Prod', jobsTable: 'old' }, { stackName: 'Jobs', jobsTable: 'old' }, 'the table old'],
    [
      { stackName: 'Prod', ...DOMAIN, basePath: '/one' },
      { stackName: 'Jobs', ...DOMAIN, basePath: '/two' },
      'the domain api.id.test',
    ],
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
    [{ ...DOMAIN, account: '012345678901' }, { ...DOMAIN, ...OTHER_ACCOUNT }, 'the domain api.id.test'],
  ])('are refused: %j and %j', (prod, staging, shared) => {
    write('prod', { ...BARE, ...prod });
    write('staging', { ...BARE, ...staging });
    const problems = listProblems({ env: 'prod' });
    expect(problems).toContain(`config/prod.json: ${shared} is also one of config/staging.json`);
    expect(problems.at(-1)).toMatch(/^Give each environment its own, or /);
  });

  test.each([
    [{}, { stackName: 'Staging' }],
    [{ account: '111111111111' }, { account: '222222222222' }],
    [
      { ...DOMAIN, account: '012345678901' },
      { ...DOMAIN, ...OTHER_ACCOUNT, domainName: 'other.id.test' },
    ],
    [
      { ...DOMAIN, account: '012345678901' },
      { ...DOMAIN, ...OTHER_ACCOUNT, ...OTHER_REGION },
    ],
    [{ region: 'eu-west-1' }, { region: 'us-east-1' }],
    [{ jobsTable: 'old' }, { stackName: 'Staging', jobsTable: 'other' }],
  ])('are not: %j and %j', (prod, staging) => {
    write('prod', { ...BARE, ...prod });
    write('staging', { ...BARE, ...staging });
    expect(readEnvironment('prod').config).toMatchObject(prod);
    expect(readEnvironment('staging').config).toMatchObject(staging);
  });

  test('are refused also if they take their values from cdk.json', () => {
    writeFileSync(join(project, 'cdk.json'), JSON.stringify({ context: BARE }));
    write('prod', {});
    write('staging', {});
    expect(listProblems({ env: 'prod', ...BARE })).toContain(
      'config/prod.json: the stack FieldingJobs is also one of config/staging.json',
    );
  });

  test('a file that cannot be deployed is none of them', () => {
    write('prod', BARE);
    write('draft', { stackName: 'FieldingJobs' });
    write('broken', '{');
    expect(readEnvironment('prod').config).toMatchObject({ ...BARE, audience: ['buyers'] });
  });
});
