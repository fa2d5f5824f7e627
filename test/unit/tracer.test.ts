/** Tests the trace segments that the X-Ray daemon receives by Powertools' Tracer (ADR 33). */
import { randomBytes } from 'node:crypto';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ChunkTakenError, InconsistentStoreError } from '../../src/domain/errors.ts';
import type { AwsCall } from '../../src/observability/call-counts.ts';
import type { countCalls as Counting } from '../../src/observability/count-calls.ts';
import type * as RecordWork from '../../src/observability/record-work.ts';
import type * as Recording from '../../src/observability/recording.ts';
import { FakeXrayDaemon } from '../support/fake-xray-daemon.ts';
import { setLambdaEnvironment, setSampled } from '../support/lambda-environment.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const XRAY_ID = '1-4bf92f35-77b34da6a3ce929d0e0e4736';
const PARENT_ID = '00f067aa0ba902b7';
const LAMBDA_ID = '1-5759e988-bd862e3fe1be46a994272793';

let daemon: FakeXrayDaemon;
let recording: typeof Recording;
let recordWork: typeof RecordWork;
let countCalls: typeof Counting;
/** A client that was made before the Tracer was loaded, as a function makes it. */
let captured: DynamoDBClient;

const config = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'k', secretAccessKey: 's' },
  maxAttempts: 1,
};
const get = new GetItemCommand({ TableName: 'jobs', Key: { pk: { S: 'J' } } });

/** Makes the calls of a client end in `answer`, without a network. */
function stub<T extends DynamoDBClient | SQSClient>(client: T, answer: () => Promise<unknown>): T {
  const stack: DynamoDBClient['middlewareStack'] = client.middlewareStack as never;
  stack.add((() => answer) as never, { step: 'finalizeRequest', priority: 'high' });
  return client;
}

const makeFailure = (name: string, $fault: string) => () =>
  Promise.reject(Object.assign(new Error(name), { name, $fault, $metadata: {} }));

beforeAll(async () => {
  daemon = await FakeXrayDaemon.listen();
  // Lambda gives both addresses.
  setLambdaEnvironment('Stack-Worker', `tcp:127.0.0.1:1 udp:${daemon.address}`);
  process.env['AWS_REGION'] = 'eu-central-1';
  process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
  recording = await import('../../src/observability/recording.ts');
  recordWork = await import('../../src/observability/record-work.ts');
  ({ countCalls } = await import('../../src/observability/count-calls.ts'));
  captured = recording.captureClient(
    stub(new DynamoDBClient(config), () =>
      Promise.resolve({
        output: { Item: { id: { S: 'confidential' } }, $metadata: { httpStatusCode: 200 } },
      }),
    ),
  );
});
afterAll(() => {
  daemon.close();
});

let spans = 0;
let start: Recording.SegmentStart;

beforeEach(() => {
  setSampled(true);
  spans += 1;
  start = {
    traceId: TRACE_ID,
    spanId: String(spans).padStart(16, '0'),
    parentId: PARENT_ID,
    annotations: { job_id: 'J', account_id: 101, chunk: undefined },
  };
});

/** Waits for the segment of this test. */
async function receiveSegment(spanId = start.spanId) {
  const [segment] = await daemon.waitForSegments(1, ({ id }) => id === spanId);
  if (segment === undefined) throw new Error('nothing was received');
  return segment;
}

describe('a segment', () => {
  test('has its trace, its parent, and the annotations to search by', async () => {
    const before = Date.now() / 1000;
    const segment = await recording.beginSegment(start);
    segment?.annotate({ action: 'resume' });
    segment?.end(undefined, { request: { method: 'GET', url: '/' }, response: { status: 200 } });
    const document = await receiveSegment();
    expect(document).toMatchObject({
      name: 'Stack-Worker',
      id: start.spanId,
      trace_id: XRAY_ID,
      parent_id: PARENT_ID,
      http: { request: { method: 'GET', url: '/' }, response: { status: 200 } },
    });
    expect(document.annotations).toEqual({
      job_id: 'J',
      account_id: 101,
      action: 'resume',
      trace_id: TRACE_ID,
      lambda_trace_id: LAMBDA_ID,
    });
    expect(document.start_time).toBeGreaterThanOrEqual(before);
    expect(document.end_time).toBeGreaterThanOrEqual(document.start_time);
    for (const key of ['error', 'fault', 'metadata', 'in_progress']) expect(document).not.toHaveProperty(key);
    for (const name of Object.keys(document.annotations ?? {})) expect(name).toMatch(/^\w+$/);
  });

  test('keeps any trace id and parent that a client can send', async () => {
    const hexadecimal = (digits: number) =>
      fc.string({
        unit: fc.constantFrom(...'0123456789abcdef'.split('')),
        minLength: digits,
        maxLength: digits,
      });
    await fc.assert(
      fc.asyncProperty(hexadecimal(32), hexadecimal(16), async (traceId, parentId) => {
        const spanId = randomBytes(8).toString('hex');
        (await recording.beginSegment({ ...start, traceId, spanId, parentId }))?.end();
        expect(await receiveSegment(spanId)).toMatchObject({
          trace_id: `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`,
          parent_id: parentId,
          annotations: { trace_id: traceId },
        });
      }),
      { examples: [['0'.repeat(31) + '1', '0'.repeat(15) + '1']] },
    );
  });

  test('names the trace of the invocation only if it is another one', async () => {
    process.env['_X_AMZN_TRACE_ID'] = `Root=${XRAY_ID};Sampled=1`;
    (await recording.beginSegment(start))?.end();
    expect((await receiveSegment()).annotations).not.toHaveProperty('lambda_trace_id');
  });

  test.each([
    ['error', { error: true }],
    ['fault', { fault: true }],
  ] as const)('that ends in %s has its flag', async (failure, flags) => {
    (await recording.beginSegment(start))?.end(failure);
    expect(await receiveSegment()).toMatchObject(flags);
  });

  test('is not made without Lambda’s sampling, and not sent when it is discarded', async () => {
    setSampled(false);
    expect(await recording.beginSegment(start)).toBeUndefined();
    expect(recording.getCurrentSegment()).toBeUndefined();
    delete process.env['_X_AMZN_TRACE_ID'];
    expect(await recording.beginSegment(start)).toBeUndefined();
    setSampled(true);
    process.env['POWERTOOLS_TRACE_ENABLED'] = 'false';
    expect(await recording.beginSegment(start)).toBeUndefined();
    delete process.env['POWERTOOLS_TRACE_ENABLED'];
    const discarded = await recording.beginSegment({ ...start, spanId: 'd'.repeat(16) });
    discarded?.discard();
    discarded?.end();
    (await recording.beginSegment({ ...start, spanId: 'e'.repeat(16) }))?.end();
    await receiveSegment('e'.repeat(16));
    expect(daemon.segments.filter(({ id }) => [start.spanId, 'd'.repeat(16)].includes(id))).toEqual([]);
  });

  test('has one subsegment for each kind of call, however many calls there are', async () => {
    const segment = await recording.beginSegment(start);
    const makeCall = (startedAt: number, more: Partial<AwsCall> = {}): AwsCall => ({
      service: 'DynamoDB',
      operation: 'UpdateItem',
      resource: { table_name: 'groups' },
      startedAt,
      endedAt: startedAt + 10,
      ...more,
    });
    for (let i = 0; i < 1_000; i += 1)
      segment?.calls.add(makeCall(1_000 + i, i % 100 === 0 ? { failure: 'throttle' } : {}));
    segment?.calls.add(makeCall(5_000, { resource: { table_name: 'jobs' }, failure: 'fault' }));
    segment?.end();
    segment?.calls.add(makeCall(6_000, { operation: 'GetItem' }));
    expect((await receiveSegment()).subsegments).toMatchObject([
      {
        name: 'DynamoDB',
        namespace: 'aws',
        start_time: 1,
        end_time: 2.009,
        throttle: true,
        error: true,
        aws: { operation: 'UpdateItem', region: 'eu-central-1', table_name: 'groups' },
        metadata: { default: { calls: { count: 1_000, throttle: 10 } } },
      },
      { fault: true, aws: { table_name: 'jobs' } },
    ]);
  });

  test('stays below the limit of 64 kB for a document, whatever it calls', async () => {
    const segment = await recording.beginSegment(start);
    for (let i = 1; i <= 10_000; i += 1) {
      // Longer than the 255 characters that a name may have.
      const resource = { table_name: `table-${i}-${'x'.repeat(250)}` };
      segment?.calls.add({ service: 'DynamoDB', operation: 'GetItem', resource, startedAt: i, endedAt: i });
    }
    segment?.end();
    expect((await receiveSegment()).subsegments).toHaveLength(50);
    expect(Math.max(...daemon.datagrams.map((datagram) => Buffer.byteLength(datagram)))).toBeLessThan(64_000);
  });
});

describe('the work that no client waits for', () => {
  const run = (error?: Error) =>
    recordWork
      .recordRun('r', () => (error === undefined ? Promise.resolve() : Promise.reject(error)))
      .catch((thrown: unknown) => thrown);

  test('of a run is recorded in Lambda’s own trace', async () => {
    const arrived = daemon.datagrams.length;
    await run();
    await daemon.waitForSegments(arrived + 1, () => true);
    expect(daemon.segments.at(-1)).toMatchObject({
      trace_id: LAMBDA_ID,
      parent_id: '53995c3f42cd8ad8',
      annotations: { function_request_id: 'r', trace_id: LAMBDA_ID.replace(/^1-|-/g, '') },
    });
  });

  test.each([
    ['that passes by itself', new ChunkTakenError('taken', 0, {}), { error: true }],
    [
      'of ours',
      new InconsistentStoreError('The item is broken.', { pk: 'confidential' }),
      {
        fault: true,
        cause: { exceptions: [{ type: 'InconsistentStoreError', message: 'The item is broken.' }] },
      },
    ],
    [
      'of another kind',
      new SyntaxError('Unexpected token in "confidential'),
      { fault: true, cause: { exceptions: [{ type: 'SyntaxError', message: 'The log has the message.' }] } },
    ],
  ])('and fails with an error %s throws it on, and shows it', async (_what, error, shown) => {
    const arrived = daemon.datagrams.length;
    expect(await run(error)).toBe(error);
    await daemon.waitForSegments(arrived + 1, () => true);
    expect(daemon.segments.at(-1)).toMatchObject(shown);
    expect(daemon.datagrams.at(-1)).not.toContain('confidential');
  });
});

describe('the captured calls of a client', () => {
  const put = new PutItemCommand({ TableName: 'jobs', Item: { pk: { S: 'confidential' } } });

  test('are subsegments with the table, without what is read and written', async () => {
    const segment = await recording.beginSegment(start);
    const arrived = daemon.datagrams.length;
    await captured.send(put);
    segment?.end();
    await receiveSegment();
    const [call, ...more] = [
      ...daemon.segments.slice(arrived),
      ...((await receiveSegment()).subsegments ?? []),
    ].filter((each) => each.name === 'DynamoDB');
    expect(more).toEqual([]);
    expect(call).toMatchObject({ namespace: 'aws', aws: { operation: 'PutItem', table_name: 'jobs' } });
    expect(daemon.datagrams.slice(arrived).join()).not.toContain('confidential');
  });

  test('are not sent in an invocation that Lambda does not sample, after one that it did', async () => {
    setSampled(false);
    const arrived = daemon.datagrams.length;
    await recording.beginSegment(start);
    await captured.send(get);
    setSampled(true);
    (await recording.beginSegment(start))?.end();
    await receiveSegment();
    expect(daemon.segments.slice(arrived).map(({ id }) => id)).toEqual([start.spanId]);
  });
});

describe('the counted calls of a client', () => {
  test.each([
    ['ConditionalCheckFailedException', 'client', {}],
    ['ThrottlingException', 'client', { throttle: true, error: true }],
    ['ValidationException', 'client', { error: true }],
    ['InternalServerError', 'server', { fault: true }],
  ])('that fail with %s have the matching flags', async (name, fault, flags) => {
    const segment = await recording.beginSegment(start);
    const client = countCalls(stub(new DynamoDBClient(config), makeFailure(name, fault)));
    await expect(client.send(get)).rejects.toThrow(name);
    segment?.end();
    const [call] = (await receiveSegment()).subsegments ?? [];
    expect(call).toMatchObject({ ...flags, aws: { operation: 'GetItem', table_name: 'jobs' } });
    const found = Object.keys(call ?? {}).filter((key) => ['error', 'fault', 'throttle'].includes(key));
    expect(found.sort()).toEqual(Object.keys(flags).sort());
  });

  test('to a queue name the queue', async () => {
    const segment = await recording.beginSegment(start);
    const url = 'https://sqs.eu-central-1.amazonaws.com/1/chunks';
    const client = countCalls(stub(new SQSClient(config), makeFailure('QueueDoesNotExist', 'client')));
    const send = new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' });
    await expect(client.send(send)).rejects.toThrow();
    segment?.end();
    expect((await receiveSegment()).subsegments).toMatchObject([
      { name: 'SQS', error: true, aws: { operation: 'SendMessage', queue_url: url } },
    ]);
  });
});
