/** Tests the worker function: the messages that it reports as failed, its log lines and its segments. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { CREDENTIALS, REGION } from '../../tools/kit/emulator.ts';
import { serveHttp } from '../../tools/kit/http-server.ts';
import type { Listener } from '../../tools/kit/loopback.ts';
import { makeResultKey } from '../../src/adapters/dynamodb/job-item.ts';
import { DynamoDBChunks } from '../../src/adapters/dynamodb/chunks.ts';
import { DynamoDBJobs } from '../../src/adapters/dynamodb/jobs.ts';
import { makeTargetGroupItem } from '../../src/adapters/dynamodb/target-group-item.ts';
import { decodeMessage, encodeChunk, encodeGiveUp } from '../../src/adapters/sqs/work-message.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import { deriveStatus } from '../../src/domain/job.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import { TENANT, TRACE, aJob, aTargetGroup, makeChunkKey } from '../support/builders.ts';
import { type TestTables, openTables } from '../support/test-tables.ts';
import { FakeXrayDaemon } from '../support/fake-xray-daemon.ts';
import { setLambdaEnvironment, setSampled } from '../support/lambda-environment.ts';

let tables: TestTables;
let daemon: FakeXrayDaemon;
let sqs: Listener;

interface SqsInput {
  readonly QueueUrl: string;
  readonly ReceiptHandle?: string;
  readonly Entries?: readonly { readonly MessageBody: string; readonly DelaySeconds?: number }[];
}

/** The calls of SQS in a test. */
let sqsCalls: (SqsInput & { readonly operation: string })[] = [];
/** The log lines that the function printed, parsed. */
let printed: Record<string, unknown>[];
let handler: (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

beforeAll(async () => {
  tables = await openTables();
  daemon = await FakeXrayDaemon.listen();
  // Refuses every call: the worker must not fail when it cannot shorten a visibility timeout.
  sqs = await serveHttp(({ headers, body }) => {
    const operation = String(headers['x-amz-target']).split('.').at(-1) ?? '';
    sqsCalls.push({ operation, ...(JSON.parse(body.toString()) as SqsInput) });
    return { status: 400, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: '{}' };
  });
  const endpoint = await tables.client.config.endpoint?.();
  Object.assign(process.env, {
    JOBS_TABLE: tables.jobs,
    TARGET_GROUPS_TABLE: tables.targetGroups,
    CHUNKS_QUEUE_URL: `${sqs.url}/000000000000/chunks`,
    GIVE_UPS_QUEUE_URL: `${sqs.url}/000000000000/give-ups`,
    DEADLINE_SECONDS: '3600',
    PARALLELISM: '4',
    CLAIM_SECONDS: '330',
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
    POWERTOOLS_METRICS_NAMESPACE: 'Stack',
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: `http://${endpoint?.hostname ?? ''}:${endpoint?.port ?? ''}`,
    AWS_ENDPOINT_URL_SQS: sqs.url,
  });
  setLambdaEnvironment('Stack-Worker', daemon.address);
  ({ handler } = await import('../../lambdas/worker.ts'));
});
afterAll(async () => {
  daemon.close();
  await sqs.close();
  await tables.close();
});

beforeEach(() => {
  printed = [];
  sqsCalls = [];
  setSampled(true);
  jest.spyOn(process.stdout, 'write').mockImplementation(keepLines);
  jest.spyOn(process.stderr, 'write').mockImplementation(keepLines);
});
afterEach(() => {
  jest.restoreAllMocks();
});

function keepLines(text: string | Uint8Array): boolean {
  for (const line of text.toString().split('\n')) {
    if (line.startsWith('{')) printed.push(JSON.parse(line) as Record<string, unknown>);
  }
  return true;
}

const context = { getRemainingTimeInMillis: () => 20_000, awsRequestId: 'r' } as Context;

/** @param queue that has delivered the messages */
function makeEvent(bodies: readonly string[], queue = 'chunks'): SQSEvent {
  const records = bodies.map((body, i) => ({
    messageId: `m${i}`,
    receiptHandle: `h${i}`,
    body,
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {},
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue}`,
  }));
  return { Records: records } as unknown as SQSEvent;
}

/** Creates a job and its target groups, and returns the message bodies of its chunks. */
async function aJobInMessages(groups: number, chunkSize: number, trace = TRACE) {
  const store = new DynamoDBJobs(tables.client, tables.jobs);
  const made = Array.from({ length: groups }, () =>
    aTargetGroup({ endFieldingAt: '2099-01-01T00:00:00.000Z' }),
  );
  for (const group of made) {
    await tables.client.send(
      new PutItemCommand({ TableName: tables.targetGroups, Item: makeTargetGroupItem(group) }),
    );
  }
  const expiresAt = Math.floor(Date.now() / 1000) + 3600;
  const job = aJob({ total: groups, chunkSize, createdAt: formatTimestamp(Date.now()), expiresAt });
  await store.commit(job, 'owner', Date.now());
  const ids = made.map(({ targetGroupId }) => targetGroupId);
  const indexes = [...Array(Math.ceil(groups / chunkSize)).keys()];
  return { store, job, bodies: cutIntoChunks(job, ids, indexes, trace).map(encodeChunk) };
}

describe('the worker', () => {
  test('reports no failure when all messages are done, and the job has ended', async () => {
    const { store, job, bodies } = await aJobInMessages(5, 2);
    expect(await handler(makeEvent(bodies), context)).toEqual({ batchItemFailures: [] });
    const ended = await store.find(job, Date.now());
    expect(ended && deriveStatus(ended)).toBe('Completed');
  });

  test('reports the one message that failed, and finishes the others', async () => {
    const { store, job, bodies } = await aJobInMessages(4, 2);
    const [first = '', second = ''] = bodies;
    expect(await handler(makeEvent([first, 'not ours', second]), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
    const ended = await store.find(job, Date.now());
    expect(ended && deriveStatus(ended)).toBe('Completed');
  });

  test('reports every message when all of them failed', async () => {
    expect(await handler(makeEvent(['not ours', '{}']), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm0' }, { itemIdentifier: 'm1' }],
    });
  });

  test('leaves a message of a later format to its release, says so, and finishes the others', async () => {
    const { store, job, bodies } = await aJobInMessages(4, 2);
    const [first = '', second = ''] = bodies;
    const later = JSON.stringify({ ...(JSON.parse(second) as object), format: 2 });
    expect(await handler(makeEvent([later, first]), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm0' }],
    });
    expect(await store.find(job, Date.now())).toMatchObject({ settled: new Set([0]), look: { settled: 0 } });
    expect(printed.find(({ message }) => message === 'message.unparsable')).toMatchObject({
      level: 'ERROR',
      message_id: 'm0',
      error: { name: 'UnknownFormatError', message: expect.stringContaining('format 2') as unknown },
      evidence: { found: 2, known: 1 },
    });
  });

  test('hands back a chunk that it has no time for', async () => {
    const { bodies } = await aJobInMessages(2, 2);
    // The function reads the remaining time first and gets 0; middy reads it later and must not time out.
    const remaining = [0];
    const late = { ...context, getRemainingTimeInMillis: () => remaining.shift() ?? 20_000 };
    expect(await handler(makeEvent(bodies), late)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
  });
});

describe('the give-ups that the worker gets from their own queue', () => {
  /** A job that is to be given up, and its give-ups. */
  async function aJobInGiveUps(groups: number, chunkSize: number) {
    const { store, job, bodies } = await aJobInMessages(groups, chunkSize);
    const giveUps = bodies.map((body) => {
      const { work } = decodeMessage(body);
      return encodeGiveUp({ ...work, reason: 'deadline' });
    });
    return { store, job, bodies, giveUps };
  }

  test('end their job without moving anything', async () => {
    const { store, job, giveUps } = await aJobInGiveUps(3, 2);
    expect(await handler(makeEvent(giveUps, 'give-ups'), context)).toEqual({ batchItemFailures: [] });
    const ended = await store.find(job, Date.now());
    expect(ended && deriveStatus(ended)).toBe('Failed');
    const settled = printed.filter(({ message }) => message === 'chunk.settled');
    expect(settled).toMatchObject([
      { updated: 0, failed: 2, failures_by_code: { InternalError: 2 } },
      { updated: 0, failed: 1, failures_by_code: { InternalError: 1 } },
    ]);
  });

  test.each(['chunks', 'give-ups'])(
    'a message that fails goes back to the queue %s, that it came from',
    async (queue) => {
      const { bodies, giveUps } = await aJobInGiveUps(1, 1);
      const remaining = [0];
      const late = { ...context, getRemainingTimeInMillis: () => remaining.shift() ?? 20_000 };
      const event = makeEvent(queue === 'chunks' ? bodies : giveUps, queue);
      expect(await handler(event, late)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
      expect(sqsCalls).toMatchObject([
        {
          operation: 'ChangeMessageVisibility',
          QueueUrl: `${sqs.url}/000000000000/${queue}`,
          ReceiptHandle: 'h0',
        },
      ]);
    },
  );

  test('that find a claim are sent again with a delay, to their own queue', async () => {
    const { job, giveUps } = await aJobInGiveUps(1, 1);
    const chunks = new DynamoDBChunks(tables.client, tables.jobs);
    await chunks.claim(makeChunkKey(job), 'another', Date.now(), Date.now() + 100_000);
    await handler(makeEvent(giveUps, 'give-ups'), context);
    const [sent] = sqsCalls;
    expect(sent).toMatchObject({
      operation: 'SendMessageBatch',
      QueueUrl: `${sqs.url}/000000000000/give-ups`,
      Entries: [{ MessageBody: giveUps[0] }],
    });
    // A second after the end of the claim, less what this test took until then.
    expect(sent?.Entries?.[0]?.DelaySeconds).toBeGreaterThan(60);
    expect(sent?.Entries?.[0]?.DelaySeconds).toBeLessThanOrEqual(101);
  });

  test('a message of a chunk that is in their queue is worked on as what it is', async () => {
    const { store, job, bodies } = await aJobInGiveUps(1, 1);
    expect(await handler(makeEvent(bodies, 'give-ups'), context)).toEqual({ batchItemFailures: [] });
    const ended = await store.find(job, Date.now());
    expect(ended && deriveStatus(ended)).toBe('Completed');
  });
});

describe('a batch of messages of several traces', () => {
  const makeTrace = (digit: string, flags: string) => ({
    traceId: digit.repeat(32),
    trace: { traceparent: `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`, tracestate: '' },
  });
  // The flag is the client's, and decides nothing.
  const [one, other, unflagged] = [makeTrace('1', '01'), makeTrace('2', '01'), makeTrace('3', '00')];

  test('puts the log lines and the segment of each chunk in the trace of that chunk', async () => {
    const jobs = [
      await aJobInMessages(2, 2, one.trace),
      await aJobInMessages(2, 2, unflagged.trace),
      await aJobInMessages(2, 2, other.trace),
    ];
    const bodies = [...jobs.flatMap((job) => job.bodies), 'not ours'];
    expect(await handler(makeEvent(bodies), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm3' }],
    });

    const ours = jobs.map(({ job }) => job.jobId);
    const segments = await daemon.waitForSegments(3, ({ annotations }) =>
      ours.includes(String(annotations?.['job_id'])),
    );
    expect(segments).toHaveLength(3);
    for (const [i, { traceId }] of [one, unflagged, other].entries()) {
      const job = jobs[i]?.job;
      expect(segments[i]).toMatchObject({
        name: 'Stack-Worker',
        trace_id: `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`,
        parent_id: traceId.slice(0, 16),
        annotations: {
          job_id: job?.jobId,
          account_id: 101,
          action: 'resume',
          chunk: 0,
          trace_id: traceId,
          function_request_id: 'r',
        },
      });
      const calls = segments[i]?.subsegments?.map(({ aws, metadata }) => ({ aws, metadata }));
      expect(calls).toContainEqual({
        aws: { operation: 'UpdateItem', region: REGION, table_name: tables.targetGroups },
        metadata: { default: { calls: { count: 2 } } },
      });
    }
    for (const [i, { traceId }] of [one, unflagged, other].entries()) {
      const lines = printed.filter(({ job_id: jobId }) => jobId === ours[i]);
      expect(lines.map(({ message }) => message)).toEqual([
        'chunk.claimed',
        'chunk.settled',
        'job.first-outcome',
        'job.finished',
      ]);
      for (const line of lines) {
        expect(line).toMatchObject({
          trace_id: traceId,
          account_id: 101,
          project_id: TENANT.projectId,
          action: 'resume',
          chunk: 0,
          function_request_id: 'r',
          elapsed_ms: expect.any(Number) as unknown,
        });
      }
    }
    const unparsable = printed.find(({ message }) => message === 'message.unparsable');
    expect(unparsable).not.toHaveProperty('trace_id');
    expect(unparsable).not.toHaveProperty('job_id');
  });

  test('ends with one line of metrics', async () => {
    const { bodies } = await aJobInMessages(5, 2);
    await handler(makeEvent([...bodies, 'not ours']), context);
    const metrics = printed.filter((line) => '_aws' in line);
    expect(metrics).toHaveLength(1);
    expect(printed.at(-1)).toMatchObject({
      service: 'fielding-jobs',
      JobsCompleted: 1,
      TargetGroupsUpdated: 5,
      UnparsableMessages: 1,
      JobDuration: expect.any(Number) as unknown,
      TimeToFirstOutcome: expect.any(Number) as unknown,
      _aws: { CloudWatchMetrics: [{ Namespace: 'Stack', Dimensions: [['service']] }] },
    });
  });

  test('reports a failed chunk in its segment and in its log line', async () => {
    const { job, bodies } = await aJobInMessages(1, 1, one.trace);
    // A result that cannot be read, as if somebody had changed it by hand.
    const spoilt = { ...makeResultKey(makeChunkKey(job)), claimed_by: 'x', claimed_until: 0, settled_at: 1 };
    await tables.client.send(new PutItemCommand({ TableName: tables.jobs, Item: marshall(spoilt) }));
    expect(await handler(makeEvent(bodies), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm0' }],
    });
    const [segment] = await daemon.waitForSegments(
      1,
      ({ annotations }) => annotations?.['job_id'] === job.jobId,
    );
    expect(segment).toMatchObject({
      fault: true,
      cause: { exceptions: [{ type: 'InconsistentStoreError' }] },
    });
    expect(printed.find(({ message }) => message === 'chunk.failed')).toMatchObject({
      level: 'ERROR',
      job_id: job.jobId,
      chunk: 0,
      account_id: 101,
      trace_id: one.traceId,
      error: { name: 'InconsistentStoreError' },
    });
  });
});
