/** Tests that every role grants exactly the actions that its function needs, on exactly its resources. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { synthesizeTemplate } from './readable-template.ts';

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const statementSchema = z.strictObject({ Effect: z.literal('Allow'), Action: texts, Resource: texts });
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

test('architecture.md lists the grants of all functions', () => {
  const rows = Object.entries(GRANTS).flatMap(([name, grants]) =>
    Object.entries(grants).map(([resource, actions]) => [name, DOCUMENTED[resource] ?? resource, actions]),
  );
  const document = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'architecture.md'), 'utf8');
  const table = /<!-- permissions:start -->\n+(.*?)\n+<!-- permissions:end -->/s.exec(document)?.[1] ?? '';
  const documented = table
    .split('\n')
    .slice(2)
    .map((row) => row.split('|').map((cell) => cell.trim()))
    .map(([, name, resource, actions = '']) => [name, resource, actions.replaceAll('`', '').split(', ')]);
  expect(documented).toEqual(rows);
});

describe('roles', () => {
  const template = synthesizeTemplate();

  /** Returns the grants of all policies of a role: sorted actions by resource. */
  function listGrants(role: string): Grants {
    const grants: Grants = {};
    const policies = Object.values(template.findByType('AWS::IAM::Policy')).map(({ Properties }) =>
      policySchema.parse(Properties),
    );
    for (const { PolicyDocument } of policies.filter(({ Roles }) => Roles.includes(`\${${role}}`))) {
      for (const { Action, Resource } of PolicyDocument.Statement) {
        for (const resource of Resource) grants[resource] = [...(grants[resource] ?? []), ...Action].sort();
      }
    }
    return grants;
  }

  test.each(Object.entries(GRANTS))('%s: has exactly these grants', (name, grants) => {
    expect(listGrants(`Functions${name}Role`)).toEqual({
      ...grants,
      [`\${Observability${name}Logs.Arn}`]: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      // X-Ray has no resources that a policy could name.
      '*': ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
    });
  });

  test('allow the schedule to run reconcile and nothing else', () => {
    expect(listGrants('ReconcileRole')).toEqual({ '${FunctionsReconcile.Arn}': ['lambda:InvokeFunction'] });
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
      (listGrants(`Functions${name}Role`)[KEY_SETS] ?? []).map((action) => `${name}: ${action}`),
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
      Object.values(listGrants(role)).flat(),
    );
    expect(actions.length).toBeGreaterThan(0);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });
});
