/** Tests the trace segments that the X-Ray daemon receives (ADR 22). */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parseTraceparent, parseXrayHeader, formatXrayHeader } from '../../src/domain/trace.ts';
import type { traceCalls as Traced } from '../../src/observability/trace-calls.ts';
import type * as Xray from '../../src/observability/xray.ts';
import { FakeXrayDaemon } from '../support/fake-xray-daemon.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const XRAY_ID = '1-4bf92f35-77b34da6a3ce929d0e0e4736';

let daemon: FakeXrayDaemon;
let xray: typeof Xray;
let traced: typeof Traced;

beforeAll(async () => {
  daemon = await FakeXrayDaemon.listen();
  process.env['AWS_XRAY_DAEMON_ADDRESS'] = `tcp:127.0.0.1:1 udp:${daemon.address}`;
  process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'Stack-Worker';
  process.env['AWS_REGION'] = 'eu-central-1';
  xray = await import('../../src/observability/xray.ts');
  ({ traceCalls: traced } = await import('../../src/observability/trace-calls.ts'));
});
afterAll(() => {
  daemon.close();
});

let spans = 0;
let options: Xray.SegmentOptions;

beforeEach(() => {
  delete process.env['_X_AMZN_TRACE_ID'];
  spans += 1;
  options = {
    traceId: TRACE_ID,
    spanId: String(spans).padStart(16, '0'),
    parentId: '00f067aa0ba902b7',
    sampled: true,
    annotations: { job_id: 'J', account_id: 101, chunk: undefined },
  };
});

/** Waits for the segment of this test. */
async function receiveSegment() {
  const [segment] = await daemon.waitForSegments(1, ({ id }) => id === options.spanId);
  if (segment === undefined) throw new Error('nothing was received');
  return segment;
}

describe('a segment', () => {
  test('has its trace, its parent, and the annotations to search by', async () => {
    const before = Date.now() / 1000;
    const segment = xray.beginSegment(options);
    segment?.annotate({ action: 'resume' });
    segment?.end(undefined, { response: { status: 201 } });
    const document = await receiveSegment();
    expect(document).toEqual({
      name: 'Stack-Worker',
      id: options.spanId,
      trace_id: XRAY_ID,
      parent_id: '00f067aa0ba902b7',
      start_time: document.start_time,
      end_time: document.end_time,
      http: { response: { status: 201 } },
      annotations: { job_id: 'J', account_id: 101, action: 'resume' },
      subsegments: [],
    });
    expect(document.start_time).toBeGreaterThanOrEqual(before);
    expect(document.end_time).toBeGreaterThanOrEqual(document.start_time);
  });

  test('names the trace of the invocation if it is another one', async () => {
    process.env['_X_AMZN_TRACE_ID'] =
      'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
    xray.beginSegment(options)?.end();
    expect((await receiveSegment()).annotations['lambda_trace_id']).toBe(
      '1-5759e988-bd862e3fe1be46a994272793',
    );
    process.env['_X_AMZN_TRACE_ID'] = `Root=${XRAY_ID};Sampled=1`;
    options = { ...options, spanId: 'a'.repeat(16) };
    xray.beginSegment(options)?.end();
    expect((await receiveSegment()).annotations['lambda_trace_id']).toBeUndefined();
  });

  test.each([
    ['error', { error: true }],
    ['fault', { fault: true }],
    ['throttle', { throttle: true, error: true }],
  ] as const)('that ends in %s has its flags', async (failure, flags) => {
    xray.beginSegment(options)?.end(failure);
    expect(await receiveSegment()).toMatchObject(flags);
  });

  test('is not sent if its trace is not recorded or it is discarded, and is sent once if it is ended twice', async () => {
    expect(xray.beginSegment({ ...options, sampled: false })).toBeUndefined();
    expect(xray.getCurrentSegment()).toBeUndefined();
    const discarded = xray.beginSegment({ ...options, spanId: 'd'.repeat(16) });
    discarded?.discard();
    discarded?.end();
    const segment = xray.beginSegment(options);
    segment?.end();
    segment?.end();
    // Datagrams to one local socket keep their order, so others would have arrived before this one.
    const last = xray.beginSegment({ ...options, spanId: 'e'.repeat(16) });
    last?.end();
    await daemon.waitForSegments(1, ({ id }) => id === 'e'.repeat(16));
    expect(daemon.segments.filter(({ id }) => id === options.spanId)).toHaveLength(1);
    expect(daemon.segments.filter(({ id }) => id === 'd'.repeat(16))).toHaveLength(0);
  });

  test('has one subsegment for each kind of call, however many calls there are', async () => {
    const segment = xray.beginSegment(options);
    const makeCall = (startedAt: number, more: Partial<Xray.AwsCall> = {}): Xray.AwsCall => ({
      service: 'DynamoDB',
      operation: 'UpdateItem',
      resource: { table_name: 'groups' },
      startedAt,
      endedAt: startedAt + 10,
      ...more,
    });
    for (let i = 0; i < 1_000; i += 1)
      segment?.add(makeCall(1_000 + i, i % 100 === 0 ? { failure: 'throttle' } : {}));
    segment?.add(makeCall(5_000, { resource: { table_name: 'jobs' } }));
    segment?.end();
    segment?.add(makeCall(6_000, { operation: 'GetItem' }));
    const { subsegments } = await receiveSegment();
    expect(subsegments).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        name: 'DynamoDB',
        namespace: 'aws',
        start_time: 1,
        end_time: 2.009,
        throttle: true,
        error: true,
        aws: { operation: 'UpdateItem', region: 'eu-central-1', table_name: 'groups' },
        metadata: { calls: { count: 1_000, throttle: 10 } },
      },
      expect.objectContaining({ aws: expect.objectContaining({ table_name: 'jobs' }) as unknown }),
    ]);
  });

  test('stays below the limit of 64 kB for a document, whatever it calls', async () => {
    const segment = xray.beginSegment(options);
    for (let i = 0; i < 10_000; i += 1) {
      const resource = { table_name: `table-${i}-${'x'.repeat(200)}` };
      segment?.add({ service: 'DynamoDB', operation: 'GetItem', resource, startedAt: i, endedAt: i });
    }
    segment?.end();
    const { subsegments } = await receiveSegment();
    expect(subsegments).toHaveLength(100);
    expect(Math.max(...daemon.datagrams.map((datagram) => Buffer.byteLength(datagram)))).toBeLessThan(64_000);
  });
});

describe('the calls of a client', () => {
  /** Makes a traced client whose calls end in `answer`, without a network. */
  function makeTracedClient<T extends DynamoDBClient | SQSClient>(
    client: T,
    answer: () => Promise<never>,
  ): T {
    const stack: DynamoDBClient['middlewareStack'] = client.middlewareStack as never;
    stack.add(() => answer, { step: 'finalizeRequest', priority: 'high' });
    return traced(client);
  }
  const config = { region: 'eu-central-1', credentials: { accessKeyId: 'k', secretAccessKey: 's' } };
  const get = new GetItemCommand({ TableName: 'jobs', Key: { pk: { S: 'J' } } });
  const makeFailure = (name: string, $fault: string) => () =>
    Promise.reject(Object.assign(new Error(name), { name, $fault, $metadata: {} }));

  test.each([
    ['ConditionalCheckFailedException', 'client', {}],
    ['ThrottlingException', 'client', { throttle: true, error: true }],
    ['ValidationException', 'client', { error: true }],
    ['InternalServerError', 'server', { fault: true }],
  ])('that fail with %s have the matching flags', async (name, fault, flags) => {
    const segment = xray.beginSegment(options);
    const client = makeTracedClient(
      new DynamoDBClient({ ...config, maxAttempts: 1 }),
      makeFailure(name, fault),
    );
    await expect(client.send(get)).rejects.toThrow(name);
    segment?.end();
    const [call] = (await receiveSegment()).subsegments;
    expect(call).toMatchObject({ ...flags, aws: { operation: 'GetItem', table_name: 'jobs' } });
    expect(Object.keys(call ?? {}).filter((key) => ['error', 'fault', 'throttle'].includes(key))).toEqual(
      expect.arrayContaining(Object.keys(flags)),
    );
    if (Object.keys(flags).length === 0) expect(call).not.toHaveProperty('error');
  });

  test('to a queue name the queue', async () => {
    const segment = xray.beginSegment(options);
    const url = 'https://sqs.eu-central-1.amazonaws.com/1/chunks';
    const client = makeTracedClient(new SQSClient(config), makeFailure('QueueDoesNotExist', 'client'));
    const send = new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' });
    await expect(client.send(send)).rejects.toThrow();
    segment?.end();
    expect((await receiveSegment()).subsegments).toMatchObject([
      { name: 'SQS', error: true, aws: { operation: 'SendMessage', queue_url: url } },
    ]);
  });
});

describe('names of a trace', () => {
  test('convert between both notations', () => {
    const span = parseTraceparent(`00-${TRACE_ID}-00f067aa0ba902b7-01`);
    const header = span === undefined ? '' : formatXrayHeader(span);
    expect(header).toBe(`Root=${XRAY_ID};Parent=00f067aa0ba902b7;Sampled=1`);
    expect(parseXrayHeader(header)).toEqual({
      traceId: TRACE_ID,
      parentId: '00f067aa0ba902b7',
      sampled: true,
    });
  });

  test('are not read from malformed headers, and are incomplete if only the root is given', () => {
    for (const header of ['', 'Root=1-0-0', `Root=${XRAY_ID}0`, `Self=${XRAY_ID}`]) {
      expect(parseXrayHeader(header)).toBeUndefined();
    }
    expect(parseXrayHeader(`Root=${XRAY_ID}`)).toEqual({
      traceId: TRACE_ID,
      parentId: undefined,
      sampled: false,
    });
  });
});
