/** Tests the whole local stack, with a small template and small functions. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { makeEmulatorConfig } from '../../../tools/kit/emulator.ts';
import { UnsupportedTemplateError } from '../../../tools/local/template-errors.ts';
import { MOST_BATCHES } from '../../../tools/local/queue-poller.ts';
import type { ScheduledRun } from '../../../tools/local/schedule-runner.ts';
import { type LocalStack, startLocalStack } from '../../../tools/local/local-stack.ts';
import { makeIds } from '../../support/builders.ts';
import { waitUntil } from '../../support/wait-until.ts';
import {
  allow,
  anApi,
  aRole,
  type HandwrittenAssembly,
  type Resources,
  TABLE,
  writeAssembly,
} from './handwritten-assembly.ts';

const ECHO = `export const handler = async (event) => {
  if (event.rawPath === '/throw') throw new Error('no');
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) };
};`;

/** Prints each record; the body of a message decides how its batch ends. */
const WORKER = `export const handler = async ({ Records }) => {
  for (const record of Records) console.log(JSON.stringify({ received: record }));
  const bodies = Records.map(({ body }) => body);
  if (bodies.includes('throw')) throw new Error('poison');
  if (bodies.includes('hang')) await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (bodies.includes('exit')) process.exit(1);
  return { batchItemFailures: Records.filter(({ body }) => body.startsWith('fail'))
    .map(({ messageId }) => ({ itemIdentifier: messageId })) };
};`;

const SLOW = `export const handler = async ({ Records }) => {
  console.log(JSON.stringify({ begins: Records.length }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log(JSON.stringify({ ends: Records.length }));
};`;

const TICK = `export const handler = async (event) => {
  console.log(JSON.stringify({ tick: event }));
  return { table: process.env.TABLE, queue: process.env.QUEUE };
};`;

function aQueue(dead: string | undefined, properties = {}): Resources[string] {
  const redrive = { deadLetterTargetArn: { 'Fn::GetAtt': [dead, 'Arn'] }, maxReceiveCount: 2 };
  return {
    Type: 'AWS::SQS::Queue',
    Properties: {
      VisibilityTimeout: 2,
      ...(dead !== undefined && { RedrivePolicy: redrive }),
      ...properties,
    },
  };
}

function aMapping(queue: string, functionId: string, properties: object): Resources[string] {
  return {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': [queue, 'Arn'] },
      FunctionName: { Ref: functionId },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ...properties,
    },
  };
}

const RESOURCES: Resources = {
  Role: aRole(
    'lambda.amazonaws.com',
    allow(
      ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      ['Work', 'Second', 'Flood'].map((queue) => ({ 'Fn::GetAtt': [queue, 'Arn'] })),
    ),
  ),
  ScheduleRole: aRole(
    'scheduler.amazonaws.com',
    allow('lambda:InvokeFunction', { 'Fn::GetAtt': ['Tick', 'Arn'] }),
  ),
  Table: TABLE,
  Work: aQueue('Dead'),
  Dead: aQueue(undefined),
  Second: aQueue('SecondDead'),
  SecondDead: aQueue(undefined),
  Flood: aQueue(undefined, { VisibilityTimeout: 30 }),
  Delivery: aMapping('Work', 'Worker', { BatchSize: 3, ScalingConfig: { MaximumConcurrency: 2 } }),
  SecondDelivery: aMapping('Second', 'Worker', { BatchSize: 3, ScalingConfig: { MaximumConcurrency: 2 } }),
  FloodDelivery: aMapping('Flood', 'Slow', { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } }),
  EveryMinute: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      FlexibleTimeWindow: { Mode: 'OFF' },
      ScheduleExpression: 'rate(1 hour)',
      Target: {
        Arn: { 'Fn::GetAtt': ['Tick', 'Arn'] },
        RoleArn: { 'Fn::GetAtt': ['ScheduleRole', 'Arn'] },
        Input: '{"at":"<aws.scheduler.scheduled-time>"}',
      },
    },
  },
  ...anApi(
    { 'POST /echo/{id}': 'Echo', 'GET /rare': 'Echo', $default: 'Echo' },
    {},
    { RouteSettings: { 'GET /rare': { ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 1 } } },
  ),
};

let assembly: HandwrittenAssembly;
let stack: LocalStack;
let sqs: SQSClient;
let lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  assembly = writeAssembly(
    RESOURCES,
    { Echo: ECHO, Worker: WORKER, Slow: SLOW, Tick: TICK },
    { Timeout: 2, Environment: { Variables: { TABLE: { Ref: 'Table' }, QUEUE: { Ref: 'Work' } } } },
  );
  stack = await startLocalStack({
    assembly: assembly.folder,
    log: (entry) => {
      if (entry.kind !== 'function' || !entry.text.startsWith('{')) return;
      lines.push({ functionName: entry.functionName, ...(JSON.parse(entry.text) as object) });
    },
  });
  sqs = new SQSClient(makeEmulatorConfig(stack.endpoints.sqs));
});

afterAll(async () => {
  sqs.destroy();
  await stack.stop();
  assembly.remove();
});

async function send(queue: string, body: string, attribute?: string): Promise<string> {
  const { MessageId } = await sqs.send(
    new SendMessageCommand({
      QueueUrl: stack.queues[queue],
      MessageBody: body,
      ...(attribute !== undefined && {
        MessageAttributes: { note: { DataType: 'String', StringValue: attribute } },
      }),
    }),
  );
  return MessageId ?? '';
}

function findReceived(messageId: string): SQSRecord[] {
  return lines
    .map(({ received: record }) => record as SQSRecord | undefined)
    .filter((record) => record?.messageId === messageId)
    .filter((record) => record !== undefined);
}

/** Waits until a message with this body is in a dead-letter queue. */
async function waitForDeadLetter(body: string, queue = 'Dead'): Promise<void> {
  const found = new Set<string | undefined>();
  await waitUntil(async () => {
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: stack.queues[queue],
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 1,
      }),
    );
    for (const { Body } of Messages ?? []) found.add(Body);
    return found.has(body);
  });
}

test('a request goes through the gateway to its function and back', async () => {
  const response = await fetch(`${stack.url}/echo/7?x=y`, { method: 'POST', body: '{"a":1}' });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    routeKey: 'POST /echo/{id}',
    pathParameters: { id: '7' },
    rawQueryString: 'x=y',
    body: '{"a":1}',
  });
  expect(await (await fetch(`${stack.url}/other`)).json()).toMatchObject({ routeKey: '$default' });
});

test('a function that fails is a 500 without details', async () => {
  const response = await fetch(`${stack.url}/throw`);
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({ message: 'Internal Server Error' });
});

test('a route has the limits of the template, and other routes are not affected', async () => {
  expect((await fetch(`${stack.url}/rare`)).status).toBe(200);
  const refused = await fetch(`${stack.url}/rare`);
  expect(refused.status).toBe(429);
  expect(await refused.json()).toEqual({ message: 'Too Many Requests' });
  expect((await fetch(`${stack.url}/other`)).status).toBe(200);
});

test('the table has its index', async () => {
  const client = new DynamoDBClient(makeEmulatorConfig(stack.endpoints.dynamodb));
  const { Table } = await client.send(new DescribeTableCommand({ TableName: stack.tables['Table'] }));
  expect(Table?.GlobalSecondaryIndexes?.[0]?.IndexName).toBe('open-jobs');
  client.destroy();
});

test('a message is delivered once, as a record like that of AWS', async () => {
  const id = await send('Work', 'ok', 'a note');
  const [record] = await waitUntil(() => findReceived(id).length > 0 && findReceived(id));
  expect(record).toMatchObject({
    messageId: id,
    body: 'ok',
    attributes: { ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d{13}$/) },
    messageAttributes: {
      note: { dataType: 'String', stringValue: 'a note', stringListValues: [], binaryListValues: [] },
    },
    md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:Local-Work',
    awsRegion: 'us-east-1',
    receiptHandle: expect.any(String),
  });
});

test('a message that is reported as failed comes again, then is a dead letter; the other one is done', async () => {
  const [good, bad] = await Promise.all([send('Work', 'good'), send('Work', 'fail 1')]);
  await waitForDeadLetter('fail 1');
  expect(findReceived(bad).map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(['1', '2']);
  expect(findReceived(good)).toHaveLength(1);
});

test('a function gets the messages of two queues, each in batches and with dead letters of its own', async () => {
  const [first, second] = await Promise.all([send('Work', 'one'), send('Second', 'fail 2')]);
  await waitForDeadLetter('fail 2', 'SecondDead');
  await waitUntil(() => findReceived(first).length === 1);
  const listSources = (id: string) => findReceived(id).map(({ eventSourceARN }) => eventSourceARN);
  expect(listSources(first)).toEqual(['arn:aws:sqs:us-east-1:000000000000:Local-Work']);
  expect(listSources(second)).toEqual(Array(2).fill('arn:aws:sqs:us-east-1:000000000000:Local-Second'));
});

test.each(['throw', 'exit', 'hang'])('a message comes again after its batch ends by %s', async (body) => {
  const id = await send('Work', body);
  await waitForDeadLetter(body);
  expect(findReceived(id)).toHaveLength(2);
});

test('no more batches run at a time than the mapping allows', async () => {
  await Promise.all(Array.from({ length: 12 }, () => send('Flood', 'x')));
  const listSteps = () => lines.filter(({ functionName }) => functionName === 'Slow');
  await waitUntil(() => listSteps().length === 24);
  let running = 0;
  let most = 0;
  for (const step of listSteps()) {
    running += 'begins' in step ? 1 : -1;
    most = Math.max(most, running);
    expect(step['begins'] ?? step['ends']).toBe(1);
  }
  // On few cores the local stack allows less: test/tools/local/queue-poller.test.ts.
  expect(most).toBe(Math.min(2, MOST_BATCHES));
});

describe('schedules', () => {
  test('run when asked, with their input filled in', async () => {
    lines = [];
    const [run] = await stack.runSchedules();
    expect(run).toMatchObject({ schedule: 'EveryMinute', functionId: 'Tick', result: { ok: true } });
    // A batch of an earlier test may end in the meantime.
    expect(lines.filter(({ functionName }) => functionName === 'Tick')).toMatchObject([
      { tick: { at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) } },
    ]);
  });

  test('run over HTTP too, which answers when they have finished', async () => {
    const response = await fetch(`${stack.url}/_local/schedules/run`, { method: 'POST' });
    const { runs } = (await response.json()) as { runs: ScheduledRun[] };
    expect(runs).toEqual([
      {
        schedule: 'EveryMinute',
        functionId: 'Tick',
        result: { ok: true, payload: expect.any(String) },
      },
    ]);
    const [{ result } = {}] = runs;
    const seen = JSON.parse(result?.ok === true ? result.payload : '{}') as Record<string, string>;
    expect(seen['table']).toBe('Local-Table');
    // The function gets the same queue, but behind the door that checks every call.
    const [door, direct] = [new URL(seen['queue'] ?? ''), new URL(stack.queues['Work'] ?? '')];
    expect(door.pathname).toBe(direct.pathname);
    expect(door.hostname).toBe('127.0.0.1');
    expect(door.port).not.toBe(direct.port);
  });
});

test('a function can be run directly', async () => {
  const result = await stack.invoke('Echo', { rawPath: '/direct' });
  expect(result).toMatchObject({ ok: true, payload: expect.stringContaining('/direct') });
});

test('the stack publishes its names and addresses, and the public key of its issuer', async () => {
  expect(await (await fetch(`${stack.url}/_local/info`)).json()).toMatchObject({
    url: stack.url,
    tables: { Table: 'Local-Table' },
    queues: { Work: stack.queues['Work'], Dead: stack.queues['Dead'] },
    functions: { Echo: 'Local-Echo' },
    endpoints: stack.endpoints,
  });
  expect(await (await fetch(`${stack.url}/_local/jwks.json`)).json()).toEqual(stack.issuer.jwks);
});

test('everything listens on this machine only', () => {
  for (const url of [
    stack.url,
    stack.endpoints.dynamodb,
    stack.endpoints.sqs,
    ...Object.values(stack.queues),
  ]) {
    expect(new URL(url).hostname).toBe('127.0.0.1');
  }
});

test('the embedded DynamoDB survives a client that disconnects in the middle of a request', async () => {
  const { port } = new URL(stack.endpoints.dynamodb);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf', () => {
        socket.resetAndDestroy();
        resolve();
      });
    });
  });
  const client = new DynamoDBClient(makeEmulatorConfig(stack.endpoints.dynamodb));
  expect((await client.send(new ListTablesCommand())).TableNames).toContain('Local-Table');
  client.destroy();
});

test('on external emulators the stack uses an existing table and keeps it', async () => {
  const { dynamodb: dynamodbEndpoint, sqs: sqsEndpoint } = stack.endpoints;
  const client = new DynamoDBClient(makeEmulatorConfig(dynamodbEndpoint));
  const item = { pk: { S: 'kept' } };
  await client.send(new PutItemCommand({ TableName: 'Local-Table', Item: item }));
  const quiet = writeAssembly({ Table: RESOURCES['Table'] ?? { Type: '' } }, {});
  const second = await startLocalStack({ assembly: quiet.folder, dynamodbEndpoint, sqsEndpoint });
  expect(second.endpoints).toEqual(stack.endpoints);
  await second.stop();
  quiet.remove();
  const { Table } = await client.send(new DescribeTableCommand({ TableName: 'Local-Table' }));
  expect(Table?.TableStatus).toBe('ACTIVE');
  client.destroy();
});

test('a restart on external emulators leaves moved target groups alone, adds new ones, and names them', async () => {
  const { dynamodb: dynamodbEndpoint, sqs: sqsEndpoint } = stack.endpoints;
  const client = new DynamoDBClient(makeEmulatorConfig(dynamodbEndpoint));
  const folder = mkdtempSync(join(tmpdir(), 'restart-'));
  const dataFile = join(folder, 'data.jsonl');
  const record = {
    ...{ type: 'target_group', account_id: 101, project_id: 'P'.repeat(26), status: 'paused' },
    ...{ completes_goal: 100, current_completes: 5 },
    ...{ start_fielding_at: '2026-01-01T00:00:00Z', end_fielding_at: '2099-01-01T00:00:00Z' },
  };
  const environment = { Environment: { Variables: { TARGET_GROUPS_TABLE: { Ref: 'Restarted' } } } };
  const restarted = writeAssembly(
    { Role: aRole('lambda.amazonaws.com'), Restarted: TABLE },
    { Echo: ECHO },
    environment,
  );
  const TableName = 'Local-Restarted';
  const makeKey = (id: string) => ({ pk: { S: `101#${record.project_id}#${id}` } });
  const project = { type: 'project', account_id: 101, project_id: record.project_id };
  const restart = async (...ids: string[]) => {
    const groups = ids.map((target_group_id) => ({ ...record, target_group_id }));
    writeFileSync(dataFile, [project, ...groups].map((line) => JSON.stringify(line)).join('\n'));
    const notices: string[] = [];
    const again = await startLocalStack({
      ...{ assembly: restarted.folder, dynamodbEndpoint, sqsEndpoint, dataFile },
      log: (entry) => {
        if (entry.kind === 'notice') notices.push(entry.text);
      },
    });
    const description = await (await fetch(`${again.url}/docs/openapi.yaml`)).text();
    expect(description).toContain(`example: ${record.project_id}`);
    await again.stop();
    return notices;
  };
  const [a = '', b = ''] = makeIds(2);
  await restart(a);
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key: makeKey(a),
      UpdateExpression: 'SET #status = :live, version = version + :one',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':live': { S: 'live' }, ':one': { N: '1' } },
    }),
  );
  expect(await restart(a, b)).toContain('1 target groups existed and are left as they were');
  const find = async (id: string) =>
    (await client.send(new GetItemCommand({ TableName, Key: makeKey(id) }))).Item;
  expect(await find(a)).toMatchObject({ status: { S: 'live' }, version: { N: '2' } });
  expect(await find(b)).toMatchObject({ status: { S: 'paused' }, version: { N: '1' } });
  client.destroy();
  restarted.remove();
  rmSync(folder, { recursive: true });
});

test('a template with an unknown resource does not start', async () => {
  const unknown = writeAssembly({ Bus: { Type: 'AWS::Events::EventBus' } }, {});
  const attempt = startLocalStack({ assembly: unknown.folder });
  await expect(attempt).rejects.toThrow(UnsupportedTemplateError);
  await expect(attempt).rejects.toThrow('AWS::Events::EventBus Bus');
  unknown.remove();
});

test('after a stop nothing answers any more, and the port is free', async () => {
  const short = writeAssembly(
    { Role: aRole('lambda.amazonaws.com'), ...anApi({ $default: 'Echo' }) },
    { Echo: ECHO },
  );
  const other = await startLocalStack({ assembly: short.folder });
  expect((await fetch(other.url)).status).toBe(200);
  await other.stop();
  // Emulators that the environment names keep running.
  const given = [process.env['DYNAMODB_ENDPOINT'], process.env['SQS_ENDPOINT']];
  const own = [other.url, other.endpoints.dynamodb, other.endpoints.sqs].filter(
    (url) => !given.includes(url),
  );
  for (const url of own) await expect(fetch(url)).rejects.toThrow();
  const again = await startLocalStack({ assembly: short.folder, port: Number(new URL(other.url).port) });
  await again.stop();
  short.remove();
});
