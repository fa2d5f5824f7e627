/** Tests the load of the Tracer, and that requests and chunks succeed without it or a daemon (ADR 33). */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { captureLines } from '../support/capture-lines.ts';
import { FakeXrayDaemon } from '../support/fake-xray-daemon.ts';
import { setLambdaEnvironment, setSampled } from '../support/lambda-environment.ts';

/** Nobody listens there. */
const NOBODY = '127.0.0.1:9';

let printed: Record<string, unknown>[];

beforeEach(() => {
  jest.resetModules();
  printed = captureLines();
  setLambdaEnvironment('Stack-CreateJob', NOBODY);
  setSampled(true);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const context = { getRemainingTimeInMillis: () => 10_000, awsRequestId: 'r', functionName: 'f' } as Context;

/** Loads the code anew, and answers two requests. */
async function answerTwice(): Promise<(number | undefined)[]> {
  const { makeHttpHandler } = await import('../../src/http/http-handler.ts');
  const { getCurrentSegment } = await import('../../src/observability/recording.ts');
  const handler = makeHttpHandler(() => {
    getCurrentSegment()?.annotate({ job_id: 'J' });
    return Promise.resolve({ statusCode: 200 });
  });
  const event = { routeKey: 'GET /', headers: {}, isBase64Encoded: false };
  const answers = [];
  for (let i = 0; i < 2; i += 1) {
    answers.push(await handler(event as unknown as APIGatewayProxyEventV2, context));
  }
  return answers.map(({ statusCode }) => statusCode);
}

async function runChunk(): Promise<string> {
  const { recordChunk } = await import('../../src/observability/record-work.ts');
  let done = '';
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  await recordChunk({ traceparent }, 'r', () => {
    done += 'x';
    return Promise.resolve();
  });
  return done;
}

function listFailures(): unknown[] {
  return printed.filter(({ message }) => message === 'tracer.failed').map(({ error }) => error);
}

test.each([
  { sampled: [true, true], coldStarts: [true, false] },
  { sampled: [false, true], coldStarts: [false] },
])('of invocations with $sampled, the cold start is only the first one', async ({ sampled, coldStarts }) => {
  const daemon = await FakeXrayDaemon.listen();
  process.env['AWS_XRAY_DAEMON_ADDRESS'] = daemon.address;
  const { makeHttpHandler } = await import('../../src/http/http-handler.ts');
  const handler = makeHttpHandler(() => Promise.resolve({ statusCode: 200 }));
  const event = { routeKey: 'GET /', headers: {}, isBase64Encoded: false };
  for (const each of sampled) {
    setSampled(each);
    await handler(event as unknown as APIGatewayProxyEventV2, context);
  }
  const segments = await daemon.waitForSegments(coldStarts.length, () => true);
  expect(segments.map(({ subsegments }) => subsegments)).toMatchObject(
    coldStarts.map((ColdStart) => [{ annotations: { ColdStart } }]),
  );
  daemon.close();
});

test('the SDK writes nothing of its own into the log', async () => {
  // Before the SDK is loaded, because it keeps these functions.
  const spies = (['log', 'info', 'warn', 'error'] as const).map((name) => jest.spyOn(console, name));
  const { beginSegment } = await import('../../src/observability/recording.ts');
  const start = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
  // It complains of an annotation that is no text, number or boolean.
  (await beginSegment({ ...start, annotations: { bad: {} as never } }))?.end();
  for (const spy of spies) expect(spy).not.toHaveBeenCalled();
});

describe('requests are answered, and chunks are worked on,', () => {
  test('without a daemon, and nothing is reported', async () => {
    expect(await answerTwice()).toEqual([200, 200]);
    expect(await runChunk()).toBe('x');
    expect(listFailures()).toEqual([]);
  });

  test('when the Tracer cannot be loaded, which is tried and reported once', async () => {
    // The SDK throws when it is loaded.
    process.env['AWS_XRAY_DAEMON_ADDRESS'] = 'nowhere';
    expect(await answerTwice()).toEqual([200, 200]);
    expect(await runChunk()).toBe('x');
    expect(listFailures()).toMatchObject([
      { message: expect.stringContaining('Invalid Daemon Address') as unknown },
    ]);
  });

  test.each([
    // `init` is what the constructor calls.
    ['made', 'init'],
    ['annotated', 'addAnnotation'],
    ['sent', 'close'],
  ])('when a segment cannot be %s', async (_what, method) => {
    const { default: xray } = await import('aws-xray-sdk-core');
    jest
      .spyOn(xray.Segment.prototype as unknown as Record<string, () => void>, method)
      .mockImplementation(() => {
        throw new Error('out of order');
      });
    expect(await answerTwice()).toEqual([200, 200]);
    expect(await runChunk()).toBe('x');
    expect(listFailures().length).toBeGreaterThanOrEqual(3);
    for (const failure of listFailures()) expect(failure).toMatchObject({ message: 'out of order' });
  });
});
