/** Tests that nothing of the stack is open to the public except the routes of its API. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type Resource, synthesizeTemplate } from './readable-template.ts';

const statement = z.looseObject({ Effect: z.enum(['Allow', 'Deny']), Principal: z.unknown().optional() });
const document = z.object({ Version: z.string(), Statement: z.array(statement) });

interface FoundStatement {
  readonly where: string;
  readonly statement: z.output<typeof statement>;
}

/** Returns the statements of all policies, wherever in the resources they are. */
function listStatements(resources: Readonly<Record<string, Resource>>): FoundStatement[] {
  const found: FoundStatement[] = [];
  const search = (where: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const policy = document.safeParse(value);
    if (policy.success) found.push(...policy.data.Statement.map((each) => ({ where, statement: each })));
    else for (const [key, inner] of Object.entries(value)) search(`${where}.${key}`, inner);
  };
  for (const [id, { Properties }] of Object.entries(resources)) search(id, Properties);
  return found;
}

/** Whether a principal is `*`: alone, in a list, or under a kind of principal. */
function isEverybody(principal: unknown): boolean {
  if (Array.isArray(principal)) return principal.some(isEverybody);
  if (typeof principal === 'object' && principal !== null) return Object.values(principal).some(isEverybody);
  return principal === '*';
}

describe('exposure', () => {
  const template = synthesizeTemplate({ alarmEmail: 'ops@example.com' });
  const statements = listStatements(template.resources);

  test('no policy allows anything to everybody', () => {
    const kinds = new Set(statements.map(({ where }) => where.slice(where.indexOf('.'))));
    expect([...kinds].sort()).toEqual(['.AssumeRolePolicyDocument', '.KeyPolicy', '.PolicyDocument']);
    const open = statements.filter(
      ({ statement: { Effect, ...rest } }) =>
        Effect === 'Allow' && (isEverybody(rest.Principal) || 'NotPrincipal' in rest),
    );
    expect(open).toEqual([]);
  });

  test('the queues and the topic refuse every call without TLS', () => {
    const refused = statements
      .filter(
        ({ statement: { Effect, ...rest } }) =>
          Effect === 'Deny' &&
          isEverybody(rest.Principal) &&
          JSON.stringify(rest['Condition']) === '{"Bool":{"aws:SecureTransport":"false"}}',
      )
      .map(({ where }) => where.replace('.PolicyDocument', ''));
    expect(refused.sort()).toEqual([
      'GivingUpDeadLettersPolicy',
      'GivingUpGiveUpsPolicy',
      'ObservabilityAlarmTopicPolicy',
      'QueueChunksPolicy',
      'QueueDeadLettersPolicy',
    ]);
  });

  test('functions have no URL, and only the API and roles of this account may call them', () => {
    expect(template.findByType('AWS::Lambda::Url')).toEqual({});
    const callers = Object.values(template.findByType('AWS::Lambda::Permission')).map(
      ({ Properties }) => Properties['Principal'],
    );
    expect([...new Set(callers)]).toEqual(['apigateway.amazonaws.com']);
  });
});

test('a policy that allows everybody is found', () => {
  const makePolicy = (Principal: unknown) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal }],
  });
  const resources = {
    Bucket: {
      Type: 'AWS::S3::BucketPolicy',
      Properties: { PolicyDocument: makePolicy({ AWS: ['a', '*'] }) },
    },
    Table: {
      Type: 'AWS::DynamoDB::GlobalTable',
      Properties: { ResourcePolicy: { PolicyDocument: makePolicy('*') } },
    },
  };
  expect(listStatements(resources).map(({ statement: { Principal } }) => isEverybody(Principal))).toEqual([
    true,
    true,
  ]);
});
