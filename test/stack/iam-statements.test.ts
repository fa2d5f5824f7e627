/** Tests that every role grants exactly the actions that its function needs, on exactly its resources. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type ReadableTemplate, synthesizeTemplate } from './readable-template.ts';

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const statementSchema = z.strictObject({
  Effect: z.enum(['Allow', 'Deny']),
  Action: texts,
  Resource: texts,
  Condition: z.record(z.string(), z.record(z.string(), z.string())).optional(),
});
const policySchema = z.object({
  PolicyDocument: z.object({ Statement: z.array(statementSchema) }),
  Roles: z.array(z.string()),
});
const roleSchema = z.strictObject({
  Description: z.string(),
  AssumeRolePolicyDocument: z.object({
    Statement: z.tuple([z.object({ Principal: z.object({ Service: z.string() }) })]),
  }),
});

/** Sorted actions, by the resource that they are on and its conditions. */
type Grants = Record<string, string[]>;

const JOBS = '${TablesJobs.Arn}';
const TARGET_GROUPS = '${TablesTargetGroups.Arn}';
const KEY_SETS = '${TablesKeySets.Arn}';
const QUEUE = '${QueueChunks.Arn}';
const GIVE_UPS = '${GivingUpGiveUps.Arn}';

/** The names of the resources in docs/architecture.md. */
const DOCUMENTED: Record<string, string> = {
  [JOBS]: 'jobs table',
  [`${JOBS}/index/open-jobs-by-account`]: 'its index of open jobs',
  [TARGET_GROUPS]: 'target groups table',
  '${TablesIdempotency.Arn}': 'idempotency table',
  [KEY_SETS]: 'key sets table',
  [QUEUE]: 'queue of chunks',
  [GIVE_UPS]: 'queue of give-ups',
};

/** The grants of each function's role besides logs and traces: actions by resource. */
const GRANTS: Record<string, Grants> = {
  CreateJob: {
    [JOBS]: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    '${TablesJobs.Arn}/index/open-jobs-by-account': ['dynamodb:Query'],
    [TARGET_GROUPS]: ['dynamodb:GetItem'],
    '${TablesIdempotency.Arn}': [
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
    [KEY_SETS]: ['dynamodb:GetItem'],
    [QUEUE]: ['sqs:SendMessage'],
  },
  GetJob: { [JOBS]: ['dynamodb:GetItem', 'dynamodb:Query'], [KEY_SETS]: ['dynamodb:GetItem'] },
  GetFieldingRuns: { [TARGET_GROUPS]: ['dynamodb:GetItem'], [KEY_SETS]: ['dynamodb:GetItem'] },
  NotFound: {},
  Worker: {
    [JOBS]: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    [TARGET_GROUPS]: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    [QUEUE]: [
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
    ],
    [GIVE_UPS]: [
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'sqs:SendMessage',
    ],
  },
  Reconcile: {
    [JOBS]: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    '${TablesJobs.Arn}/index/open-jobs-by-account': ['dynamodb:Query'],
    [TARGET_GROUPS]: ['dynamodb:GetItem'],
    [KEY_SETS]: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    [QUEUE]: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
    [GIVE_UPS]: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
  },
};

const kmsKeyArn = 'arn:aws:kms:eu-central-1:012345678901:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const KEY_FOR_TABLES = `${kmsKeyArn} if StringLike kms:ViaService dynamodb.*`;
const KEY_FOR_QUEUES = `${kmsKeyArn} if StringLike kms:ViaService sqs.*`;

/** What `kmsKeyArn` adds, by function. */
const KEY_GRANTS: Record<string, Grants> = {
  CreateJob: { [KEY_FOR_TABLES]: ['kms:Decrypt'], [KEY_FOR_QUEUES]: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  GetJob: { [KEY_FOR_TABLES]: ['kms:Decrypt'] },
  GetFieldingRuns: { [KEY_FOR_TABLES]: ['kms:Decrypt'] },
  NotFound: {},
  Worker: { [KEY_FOR_TABLES]: ['kms:Decrypt'], [KEY_FOR_QUEUES]: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  Reconcile: { [KEY_FOR_TABLES]: ['kms:Decrypt'], [KEY_FOR_QUEUES]: ['kms:Decrypt', 'kms:GenerateDataKey'] },
};

const INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/** The settings that change a policy, each with what it adds to a function. */
const POLICY_SETTINGS: readonly { context: Record<string, unknown>; add: (name: string) => Grants }[] = [
  {
    context: { tracing: 'active' },
    add: () => ({ '*': ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'] }),
  },
  {
    context: { subnetIds: 'subnet-0a1b2c3d', securityGroupIds: 'sg-0a1b2c3d' },
    // For Lambda itself, and not for the code of the function.
    add: () => ({
      '*': INTERFACE_ACTIONS,
      'denied: * if Null lambda:SourceFunctionArn false': INTERFACE_ACTIONS,
    }),
  },
  { context: { kmsKeyArn }, add: (name) => KEY_GRANTS[name] ?? {} },
];

/** Every combination of them; without the first one, there is no tracing. */
const COMBINATIONS = POLICY_SETTINGS.reduce<(typeof POLICY_SETTINGS)[]>(
  (all, setting) => all.flatMap((chosen) => [chosen, [...chosen, setting]]),
  [[]],
).map((chosen) => {
  const context = Object.assign({ tracing: 'off' }, ...chosen.map((each) => each.context)) as object;
  return { name: JSON.stringify(context), context: { ...context }, chosen };
});

function addUp(all: readonly Grants[]): Grants {
  const sum: Grants = {};
  for (const [on, actions] of all.flatMap((grants) => Object.entries(grants))) {
    sum[on] = [...(sum[on] ?? []), ...actions].sort();
  }
  return sum;
}

/** Returns the grants of all policies of a role. */
function listGrants(template: ReadableTemplate, role: string): Grants {
  const grants: Grants = {};
  const policies = Object.values(template.findByType('AWS::IAM::Policy')).map(({ Properties }) =>
    policySchema.parse(Properties),
  );
  for (const { PolicyDocument } of policies.filter(({ Roles }) => Roles.includes(`\${${role}}`))) {
    for (const { Effect, Action, Resource, Condition = {} } of PolicyDocument.Statement) {
      const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, value]) => ` if ${operator} ${key} ${value}`),
      );
      for (const resource of Resource) {
        const on = `${Effect === 'Deny' ? 'denied: ' : ''}${resource}${conditions.join('')}`;
        grants[on] = [...(grants[on] ?? []), ...Action].sort();
      }
    }
  }
  return grants;
}

/** How docs/architecture.md calls the ways to the key of the company. */
const DOCUMENTED_WAYS: Record<string, string> = { [KEY_FOR_TABLES]: 'DynamoDB', [KEY_FOR_QUEUES]: 'SQS' };

test.each([
  { table: 'permissions', all: GRANTS, names: DOCUMENTED },
  { table: 'permissions-on-key', all: KEY_GRANTS, names: DOCUMENTED_WAYS },
])('architecture.md lists the grants of all functions: $table', ({ table, all, names }) => {
  const rows = Object.entries(all).flatMap(([name, grants]) =>
    Object.entries(grants).map(([resource, actions]) => [name, names[resource] ?? resource, actions]),
  );
  const document = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'architecture.md'), 'utf8');
  const shown =
    new RegExp(`<!-- ${table}:start -->\n+(.*?)\n+<!-- ${table}:end -->`, 's').exec(document)?.[1] ?? '';
  const documented = shown
    .split('\n')
    .slice(2)
    .map((row) => row.split('|').map((cell) => cell.trim()))
    .map(([, name, resource, actions = '']) => [name, resource, actions.replaceAll('`', '').split(', ')]);
  expect(documented).toEqual(rows);
});

test('company-accounts.md lists all actions that a permissions boundary must allow', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'company-accounts.md'), 'utf8');
  const [listed = ''] = /\*\*A permissions boundary\*\*.*?\n\n/s.exec(text) ?? [];
  const all = [
    ...Object.values(GRANTS),
    ...Object.values(KEY_GRANTS),
    ...POLICY_SETTINGS.map(({ add }) => add('')),
  ]
    .flatMap((grants) => Object.values(grants).flat())
    .filter((action) => !action.startsWith('ec2:'));
  const needed = [...all, 'logs:CreateLogStream', 'logs:PutLogEvents', 'lambda:InvokeFunction'];
  const names = needed.map((action) => action.split(':')[1] ?? '');
  const documented = [...listed.matchAll(/`(?:\w+:)?([A-Z]\w+)`/g)].map(([, name]) => name);
  expect([...new Set(documented)].sort()).toEqual([...new Set(names)].sort());
});

describe('roles', () => {
  const template = synthesizeTemplate();

  describe.each(COMBINATIONS)('with $name', ({ context, chosen }) => {
    const combined = synthesizeTemplate(context);

    test.each(Object.entries(GRANTS))('%s: has exactly these grants', (name, grants) => {
      expect(listGrants(combined, `Functions${name}Role`)).toEqual({
        ...grants,
        [`\${Observability${name}Logs.Arn}`]: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        ...addUp(chosen.map(({ add }) => add(name))),
      });
    });

    test('the schedule may run reconcile and nothing else', () => {
      expect(listGrants(combined, 'ReconcileRole')).toEqual({
        '${FunctionsReconcile.Arn}': ['lambda:InvokeFunction'],
      });
    });
  });

  test('are one for each function and one for the schedule, without managed or inline policies', () => {
    const roles = Object.entries(template.findByType('AWS::IAM::Role')).map(([id, { Properties }]) => {
      const { AssumeRolePolicyDocument } = roleSchema.parse(Properties);
      return [id, AssumeRolePolicyDocument.Statement[0].Principal.Service];
    });
    expect(Object.fromEntries(roles)).toEqual({
      ...Object.fromEntries(
        Object.keys(GRANTS).map((name) => [`Functions${name}Role`, 'lambda.amazonaws.com']),
      ),
      ReconcileRole: 'scheduler.amazonaws.com',
    });
  });

  test('let one function write the keys of the issuer, and those that verify tokens read them', () => {
    const holders = Object.keys(GRANTS).flatMap((name) =>
      (listGrants(template, `Functions${name}Role`)[KEY_SETS] ?? []).map((action) => `${name}: ${action}`),
    );
    expect(holders.sort()).toEqual([
      'CreateJob: dynamodb:GetItem',
      'GetFieldingRuns: dynamodb:GetItem',
      'GetJob: dynamodb:GetItem',
      'Reconcile: dynamodb:GetItem',
      'Reconcile: dynamodb:PutItem',
    ]);
  });

  test('contain no action with a wildcard', () => {
    const actions = Object.keys(template.findByType('AWS::IAM::Role')).flatMap((role) =>
      Object.values(listGrants(template, role)).flat(),
    );
    expect(actions.length).toBeGreaterThan(0);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });
});
