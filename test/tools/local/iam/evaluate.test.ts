/** Tests how policies decide about calls, as in IAM, and which parts of a policy are unsupported. */
import { describe, expect, test } from '@jest/globals';
import { UnsupportedTemplateError } from '../../../../tools/local/template-errors.ts';
import { readDocument } from '../../../../tools/local/iam/policy-document.ts';
import { type Call, evaluate } from '../../../../tools/local/iam/evaluate.ts';

const OWNER = {
  stackName: 'Local',
  logicalId: 'Policy',
  type: 'AWS::IAM::Policy',
  properties: {},
  metadata: {},
};
const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/jobs';

type Kind = Parameters<typeof readDocument>[0];

function readStatements(kind: Kind, ...list: object[]) {
  return readDocument(kind, { Version: '2012-10-17', Statement: list }, OWNER);
}

function decide(list: object[], call: Partial<Call> = {}, kind: Kind = 'identity') {
  return evaluate(readStatements(kind, ...list), {
    action: 'dynamodb:GetItem',
    resource: TABLE,
    context: {},
    ...call,
  });
}

const allow = (Action: unknown, Resource: unknown) => ({ Effect: 'Allow', Action, Resource });
const deny = (Action: unknown, Resource: unknown) => ({ Effect: 'Deny', Action, Resource });

describe('a call of a role', () => {
  test.each<[string, object[], boolean]>([
    ['that no statement names is forbidden', [], false],
    ['that a statement names is allowed', [allow('dynamodb:GetItem', TABLE)], true],
    [
      'that a statement names among others is allowed',
      [allow(['dynamodb:Query', 'dynamodb:GetItem'], ['x', TABLE])],
      true,
    ],
    ['of another action is forbidden', [allow('dynamodb:PutItem', TABLE)], false],
    ['on another table is forbidden', [allow('dynamodb:GetItem', `${TABLE}2`)], false],
    [
      'on a table is forbidden when only its index is named',
      [allow('dynamodb:GetItem', `${TABLE}/index/open`)],
      false,
    ],
    ['is allowed with the action in any case', [allow('DynamoDB:getitem', TABLE)], true],
    ['on a table in another case is forbidden', [allow('dynamodb:GetItem', TABLE.toUpperCase())], false],
    ['is allowed by wildcards', [allow('dynamodb:Get*', 'arn:aws:dynamodb:*:*:table/jo?s')], true],
    [
      'is forbidden when only a part of the action is named',
      [allow('dynamodb:Get', TABLE), allow('Item', TABLE)],
      false,
    ],
    [
      'is forbidden when the action has a dot in place of the colon',
      [allow('dynamodb.GetItem', TABLE)],
      false,
    ],
    ['that another statement denies is forbidden', [allow('*', '*'), deny('dynamodb:*', TABLE)], false],
    [
      'that is denied on another table only is allowed',
      [deny('dynamodb:*', `${TABLE}2`), allow('*', '*')],
      true,
    ],
  ])('%s', (_name, list, allowed) => {
    expect(decide(list).allowed).toBe(allowed);
  });

  test('is decided with the list of grants that allow it', () => {
    const decision = decide([
      allow(['dynamodb:PutItem', 'dynamodb:Get*'], ['x', `${TABLE}*`]),
      allow('dynamodb:GetItem', TABLE),
    ]);
    expect(decision.by).toEqual([
      { source: 'Policy', action: 'dynamodb:Get*', resource: `${TABLE}*` },
      { source: 'Policy', action: 'dynamodb:GetItem', resource: TABLE },
    ]);
  });
});

describe('a call of a service', () => {
  const makeStatements = (Principal: unknown, more = {}) => [
    { ...allow('dynamodb:*', TABLE), Principal, ...more },
  ];
  const service = 'apigateway.amazonaws.com';

  test.each<[string, unknown, boolean]>([
    ['itself', { Service: service }, true],
    ['itself among others', { Service: ['lambda.amazonaws.com', service] }, true],
    ['everybody', '*', true],
    ['everybody of AWS', { AWS: '*' }, true],
    ['another service', { Service: 'lambda.amazonaws.com' }, false],
  ])('is decided by the principal: %s', (_name, principal, allowed) => {
    expect(decide(makeStatements(principal), { service }, 'onResource').allowed).toBe(allowed);
  });

  test.each<[string, object, Record<string, string>, boolean]>([
    ['a key that the call has', { Null: { 'aws:SourceArn': 'false' } }, { 'aws:sourcearn': 'x' }, true],
    ['a key that the call lacks', { Null: { 'aws:SourceArn': 'false' } }, {}, false],
    ['no such key', { Null: { 'aws:SourceArn': true } }, {}, true],
    [
      'its source',
      { ArnLike: { 'AWS:SourceArn': 'arn:a:b:c:d:api/*/*/x' } },
      { 'aws:sourcearn': 'arn:a:b:c:d:api/s/GET/x' },
      true,
    ],
    [
      'another source',
      { ArnLike: { 'AWS:SourceArn': 'arn:a:b:c:d:api/*/*/x' } },
      { 'aws:sourcearn': 'arn:a:b:c:d:api/s/GET/y' },
      false,
    ],
    [
      'a source of another account',
      { ArnLike: { 'AWS:SourceArn': 'arn:a:b:*:d' } },
      { 'aws:sourcearn': 'arn:a:b:x:y:d' },
      false,
    ],
    ['a source that it does not have', { ArnLike: { 'aws:SourceArn': '*' } }, {}, false],
    [
      'one of two accounts',
      { StringEquals: { 'aws:SourceAccount': ['1', '2'] } },
      { 'aws:sourceaccount': '2' },
      true,
    ],
    [
      'one of two conditions',
      { StringEquals: { 'aws:SourceAccount': '1' }, Bool: { 'aws:SecureTransport': 'true' } },
      { 'aws:sourceaccount': '1', 'aws:securetransport': 'false' },
      false,
    ],
    [
      'both conditions',
      { StringEquals: { 'aws:SourceAccount': '1' }, Bool: { 'aws:SecureTransport': true } },
      { 'aws:sourceaccount': '1', 'aws:securetransport': 'true' },
      true,
    ],
  ])('is decided by %s: %o', (_name, Condition, context, allowed) => {
    expect(decide(makeStatements('*', { Condition }), { context }, 'onResource').allowed).toBe(allowed);
  });
});

describe('an unsupported part of a policy is an error that names the policy:', () => {
  test.each<[string, object, RegExp]>([
    ['NotAction', { Effect: 'Allow', NotAction: 'x', Resource: '*' }, /NotAction/],
    ['NotResource', { Effect: 'Allow', Action: 'x', NotResource: '*' }, /NotResource/],
    ['a principal in a policy of a role', { ...allow('x', '*'), Principal: '*' }, /Principal/],
    [
      'an operator',
      { ...allow('x', '*'), Condition: { NumericLessThan: { 'aws:SourceAccount': '1' } } },
      /NumericLessThan/,
    ],
    [
      'a condition key',
      { ...allow('x', '*'), Condition: { StringEquals: { 'dynamodb:LeadingKeys': '1' } } },
      /LeadingKeys/,
    ],
    ['a policy variable', allow('x', 'arn:aws:s3:::${aws:username}'), /policy variables/],
    ['another effect', { Effect: 'Maybe', Action: 'x', Resource: '*' }, /Effect/],
  ])('%s', (_name, statement, problem) => {
    const attempt = () => readStatements('identity', statement);
    expect(attempt).toThrow(UnsupportedTemplateError);
    expect(attempt).toThrow(/AWS::IAM::Policy Policy: /);
    expect(attempt).toThrow(problem);
  });

  test.each([{ AWS: 'arn:aws:iam::1:root' }, { Federated: 'x' }])('the principal %j', (Principal) => {
    expect(() => readStatements('onResource', { ...allow('x', '*'), Principal })).toThrow(
      UnsupportedTemplateError,
    );
  });
});
