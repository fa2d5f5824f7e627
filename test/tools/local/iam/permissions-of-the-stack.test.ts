/** Tests denied calls on a small local stack, as functions, clients and the console see them (ADR 18). */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { RefusedTemplateError, UnsupportedTemplateError } from '../../../../tools/local/template-errors.ts';
import type { LogEntry } from '../../../../tools/local/logs.ts';
import { type LocalStack, startLocalStack } from '../../../../tools/local/local-stack.ts';
import {
  allow,
  anApi,
  aRole,
  type HandwrittenAssembly,
  type Resources,
  TABLE,
  writeAssembly,
} from '../handwritten-assembly.ts';

/** Sends requests like those of an SDK, which the bundles of hand-written functions do not contain. */
const CALL = `
  const call = async (service, operation, body, key = process.env.AWS_ACCESS_KEY_ID) => {
    const url = service === 'dynamodb' ? process.env.AWS_ENDPOINT_URL_DYNAMODB : process.env.AWS_ENDPOINT_URL_SQS;
    const target = service === 'dynamodb' ? 'DynamoDB_20120810.' : 'AmazonSQS.';
    const response = await fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers: {
      'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target + operation, 'x-amz-date': '20260101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=' + key + '/20260101/us-east-1/' + service + '/aws4_request, SignedHeaders=host, Signature=0' } });
    return { status: response.status, code: response.headers.get('x-amzn-query-error'), body: JSON.parse(await response.text()) };
  };
  export const handler = async ({ calls }) => {
    const answers = [];
    for (const one of calls ?? []) answers.push(await call(...one));
    return answers;
  };`;

const makeArnReference = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

const SCHEDULE = {
  Type: 'AWS::Scheduler::Schedule',
  Properties: {
    FlexibleTimeWindow: { Mode: 'OFF' },
    ScheduleExpression: 'rate(1 hour)',
    Target: { Arn: makeArnReference('Fn'), RoleArn: makeArnReference('ScheduleRole') },
  },
};

/** An API without the permission to run the function of its second route. */
const API = Object.fromEntries(
  Object.entries(anApi({ 'GET /open': 'Fn', 'GET /closed/{id}': 'Fn', $default: 'Other' })).filter(
    ([id]) => id !== 'Permission1',
  ),
);

const RESOURCES: Resources = {
  Table: TABLE,
  Queue: { Type: 'AWS::SQS::Queue' },
  Closed: { Type: 'AWS::SQS::Queue' },
  ClosedPolicy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Closed' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: makeArnReference('Closed') },
        ],
      },
    },
  },
  Role: aRole(
    'lambda.amazonaws.com',
    allow(['dynamodb:PutItem', 'dynamodb:Query'], makeArnReference('Table')),
    allow('sqs:SendMessage', [makeArnReference('Queue'), makeArnReference('Closed')]),
  ),
  ScheduleRole: aRole('scheduler.amazonaws.com', allow('lambda:InvokeFunction', 'arn:aws:lambda:::other')),
  Hourly: SCHEDULE,
  ...API,
};

let assembly: HandwrittenAssembly;
let stack: LocalStack;
let entries: LogEntry[] = [];

beforeAll(async () => {
  assembly = writeAssembly(RESOURCES, { Fn: CALL, Other: CALL });
  stack = await startLocalStack({ assembly: assembly.folder, log: (entry) => entries.push(entry) });
});

afterEach(() => {
  entries = [];
});

afterAll(async () => {
  await stack.stop();
  assembly.remove();
});

interface Answer {
  readonly status: number;
  readonly code: string | null;
  readonly body: { __type?: string; Message?: string; message?: string };
}

/** Lets the function call a service, by default with its own access key `key`, and returns the answer. */
async function callFromFunction(
  service: string,
  operation: string,
  body: unknown,
  key?: string,
): Promise<Answer> {
  const result = await stack.invoke('Fn', {
    calls: [[service, operation, body, ...(key === undefined ? [] : [key])]],
  });
  if (!result.ok) throw new Error(result.error.errorMessage);
  const [answer] = JSON.parse(result.payload) as [Answer];
  return answer;
}

const listDenials = () => entries.filter(({ kind }) => kind === 'denied');
const TABLE_ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/Local-Table';

describe('a call of a function', () => {
  test('that its role allows is carried out, and counted', async () => {
    const before = stack.reportPermissions().grants.find(({ action }) => action === 'dynamodb:PutItem');
    const answer = await callFromFunction('dynamodb', 'PutItem', {
      TableName: 'Local-Table',
      Item: { pk: { S: 'ä' } },
    });
    expect(answer).toMatchObject({ status: 200, body: {} });
    expect(stack.reportPermissions().grants).toContainEqual({
      holder: 'Fn, Other',
      source: 'Role',
      action: 'dynamodb:PutItem',
      resource: TABLE_ARN,
      uses: (before?.uses ?? 0) + 1,
    });
    expect(listDenials()).toEqual([]);
  });

  test('to DynamoDB that its role does not allow is refused as by DynamoDB, logged and counted', async () => {
    const answer = await callFromFunction('dynamodb', 'UpdateItem', {
      TableName: 'Local-Table',
      Key: { pk: { S: 'a' } },
    });
    expect(answer).toEqual({
      status: 400,
      code: null,
      body: {
        __type: 'com.amazon.coral.service#AccessDeniedException',
        Message:
          'User: arn:aws:sts::000000000000:assumed-role/Local-Role/Local-Fn is not authorized to perform: ' +
          `dynamodb:UpdateItem on resource: ${TABLE_ARN} because no identity-based policy allows the dynamodb:UpdateItem action`,
      },
    });
    const call = { caller: 'Fn', action: 'dynamodb:UpdateItem', resource: TABLE_ARN };
    expect(listDenials()).toEqual([{ kind: 'denied', ...call }]);
    expect(stack.reportPermissions().denied).toContainEqual({ ...call, times: 1 });
  });

  test('on an index needs the permission on the index', async () => {
    const query = {
      TableName: 'Local-Table',
      KeyConditionExpression: 'pk = :v',
      ExpressionAttributeValues: { ':v': { S: 'x' } },
    };
    expect((await callFromFunction('dynamodb', 'Query', query)).status).toBe(200);
    const answer = await callFromFunction('dynamodb', 'Query', { ...query, IndexName: 'open-jobs' });
    expect(answer.body.Message).toContain(`dynamodb:Query on resource: ${TABLE_ARN}/index/open-jobs `);
  });

  test('to SQS that its role does not allow is refused as by SQS', async () => {
    const send = { QueueUrl: stack.queues['Queue'], MessageBody: 'x' };
    expect((await callFromFunction('sqs', 'SendMessage', send)).status).toBe(200);
    expect(
      await callFromFunction('sqs', 'ReceiveMessage', { QueueUrl: stack.queues['Queue'] }),
    ).toMatchObject({
      status: 403,
      code: 'AccessDenied;Sender',
      body: { __type: 'com.amazon.coral.service#AccessDeniedException' },
    });
  });

  test('that the policy of a queue forbids is refused, whatever the role allows', async () => {
    const answer = await callFromFunction('sqs', 'SendMessage', {
      QueueUrl: stack.queues['Closed'],
      MessageBody: 'x',
    });
    expect(answer.body.message).toContain('with an explicit deny');
  });

  test('with unknown credentials, or with those of the stack itself, is refused', async () => {
    for (const key of ['AKIAX', 'local', '']) {
      const answer = await callFromFunction('dynamodb', 'PutItem', { TableName: 'Local-Table' }, key);
      expect(answer.body.__type).toBe('com.amazon.coral.service#UnrecognizedClientException');
    }
  });

  test('that is no JSON is refused', async () => {
    const answer = await callFromFunction('dynamodb', 'PutItem', '{');
    expect(answer.body.__type).toBe('com.amazon.coral.service#SerializationException');
  });
});

test('a route without a permission is a 500 of the gateway, and the other routes work', async () => {
  expect((await fetch(`${stack.url}/open`)).status).toBe(200);
  expect((await fetch(`${stack.url}/anything`)).status).toBe(200);
  const response = await fetch(`${stack.url}/closed/7`);
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({ message: 'Internal Server Error' });
  expect(listDenials()).toEqual([
    {
      kind: 'denied',
      caller: 'the API',
      action: 'lambda:InvokeFunction',
      resource: 'arn:aws:lambda:us-east-1:000000000000:function:Local-Fn',
    },
  ]);
});

test('a schedule whose role may not run the function fails', async () => {
  expect(await stack.runSchedules()).toMatchObject([
    { schedule: 'Hourly', result: { ok: false, error: { errorType: 'AccessDeniedException' } } },
  ]);
  expect(listDenials()).toMatchObject([{ caller: 'Hourly', action: 'lambda:InvokeFunction' }]);
});

test('the grants and the denied calls can be read over HTTP', async () => {
  const response = await fetch(`${stack.url}/_local/permissions`);
  expect(await response.json()).toEqual(JSON.parse(JSON.stringify(stack.reportPermissions())));
});

describe('the stack does not start with', () => {
  const MAPPING = {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { EventSourceArn: makeArnReference('Queue'), FunctionName: { Ref: 'Fn' } },
  };
  const QUEUE = { Type: 'AWS::SQS::Queue' };
  const reader = aRole(
    'lambda.amazonaws.com',
    allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], makeArnReference('Queue')),
  );

  test.each<[string, Resources, new () => Error, RegExp]>([
    [
      'a function whose role Lambda may not assume',
      { Role: aRole('scheduler.amazonaws.com') },
      RefusedTemplateError,
      /Fn: its role Role cannot be assumed by lambda/,
    ],
    ['a function without a role of the template', {}, UnsupportedTemplateError, /Role/],
    [
      'a schedule whose role the scheduler may not assume',
      { Role: aRole('lambda.amazonaws.com'), ScheduleRole: aRole('lambda.amazonaws.com'), Hourly: SCHEDULE },
      RefusedTemplateError,
      /Hourly: its role ScheduleRole cannot be assumed by scheduler/,
    ],
    [
      'a queue that is read with a role that may not delete from it',
      {
        Queue: QUEUE,
        Role: aRole(
          'lambda.amazonaws.com',
          allow(['sqs:ReceiveMessage', 'sqs:GetQueueAttributes'], makeArnReference('Queue')),
        ),
        Mapping: MAPPING,
      },
      RefusedTemplateError,
      /Mapping: the role of Fn has no permission to call DeleteMessage on SQS/,
    ],
    [
      'a queue whose messages return before the function ends',
      { Queue: { ...QUEUE, Properties: { VisibilityTimeout: 2 } }, Role: reader, Mapping: MAPPING },
      RefusedTemplateError,
      /Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds/,
    ],
    [
      'a role with a managed policy of AWS',
      { Role: { Type: 'AWS::IAM::Role', Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/x'] } } },
      UnsupportedTemplateError,
      /ManagedPolicyArns/,
    ],
    [
      'a table with a policy of its own',
      {
        Role: aRole('lambda.amazonaws.com'),
        Table: { ...TABLE, Properties: { ...TABLE.Properties, ResourcePolicy: {} } },
      },
      UnsupportedTemplateError,
      /ResourcePolicy/,
    ],
  ])('%s', async (_name, resources, type, message) => {
    const bad = writeAssembly(resources, { Fn: CALL });
    const attempt = startLocalStack({ assembly: bad.folder });
    await expect(attempt).rejects.toThrow(type);
    await expect(attempt).rejects.toThrow(message);
    bad.remove();
  });
});
