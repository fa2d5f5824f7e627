/** Tests the records of a request by an HTTP function: log lines, metrics and the trace segment. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { PREFLIGHT_ROUTE } from '../../api/routes.ts';
import {
  IdempotencyKeyReusedError,
  RouteNotFoundError,
  ServiceUnavailableError,
  UnauthenticatedError,
} from '../../src/domain/errors.ts';
import type { Handle, makeHttpHandler as HttpHandler } from '../../src/http/http-handler.ts';
import { captureLines } from '../support/capture-lines.ts';
import { FakeXrayDaemon } from '../support/fake-xray-daemon.ts';
import { setLambdaEnvironment, setSampled } from '../support/lambda-environment.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT_ID = '00f067aa0ba902b7';
const ROUTE =
  'POST /demand/accounts/{account_id}/projects/{project_id}/batch-jobs/resume-fielding-runs-by-target-group-id';
const PROJECT = 'PR0JECT0000000000000000001';

let daemon: FakeXrayDaemon;
let httpHandler: typeof HttpHandler;
/** The log lines that the function printed, parsed. */
let printed: Record<string, unknown>[];

beforeAll(async () => {
  daemon = await FakeXrayDaemon.listen();
  Object.assign(process.env, {
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
    POWERTOOLS_METRICS_NAMESPACE: 'Stack',
  });
  setLambdaEnvironment('Stack-CreateJob', daemon.address);
  ({ makeHttpHandler: httpHandler } = await import('../../src/http/http-handler.ts'));
});
afterAll(() => {
  daemon.close();
});

beforeEach(() => {
  printed = captureLines();
  setSampled(true);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const context = { getRemainingTimeInMillis: () => 10_000, awsRequestId: 'r', functionName: 'f' } as Context;

async function callHandler(handle: Handle, event: Partial<APIGatewayProxyEventV2> = {}) {
  const whole = {
    routeKey: ROUTE,
    headers: { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01`, authorization: 'Bearer secret' },
    pathParameters: { account_id: '101', project_id: PROJECT },
    body: '{"target_group_ids":["confidential"]}',
    isBase64Encoded: false,
    ...event,
  };
  const answered = await httpHandler(handle)(whole as APIGatewayProxyEventV2, context);
  const spanId = String(answered.headers?.['traceparent']).split('-')[2];
  return { answered, spanId };
}

const answerCreated: Handle = () => Promise.resolve({ statusCode: 201 });
const makeRefusing =
  (error: Error): Handle =>
  () =>
    Promise.reject(error);
const about = { account_id: 101, project_id: PROJECT, action: 'resume', trace_id: TRACE_ID };

test('a request has a segment in the client’s trace, with the span id of the answer', async () => {
  const { spanId } = await callHandler(answerCreated);
  const [segment] = await daemon.waitForSegments(1, ({ id }) => id === spanId);
  expect(segment).toMatchObject({
    name: 'Stack-CreateJob',
    trace_id: '1-4bf92f35-77b34da6a3ce929d0e0e4736',
    parent_id: PARENT_ID,
    http: { request: { method: 'POST', url: ROUTE.split(' ')[1] }, response: { status: 201 } },
    annotations: {
      account_id: 101,
      project_id: PROJECT,
      action: 'resume',
      trace_id: TRACE_ID,
      function_request_id: 'r',
      lambda_trace_id: '1-5759e988-bd862e3fe1be46a994272793',
    },
    subsegments: [{ name: '## index.handler', annotations: { ColdStart: true, Service: 'fielding-jobs' } }],
  });
  for (const flag of ['error', 'fault', 'metadata'])
    expect(JSON.stringify(segment)).not.toContain(`"${flag}"`);
  expect(printed).toMatchObject([{ level: 'DEBUG', message: 'request.answered', status: 201, ...about }]);
});

test('a request without a trace has its segment in the trace of the invocation, below Lambda’s own', async () => {
  const { spanId } = await callHandler(answerCreated, { headers: {} });
  const [segment] = await daemon.waitForSegments(1, ({ id }) => id === spanId);
  expect(segment).toMatchObject({
    trace_id: '1-5759e988-bd862e3fe1be46a994272793',
    parent_id: '53995c3f42cd8ad8',
    annotations: { trace_id: '5759e988bd862e3fe1be46a994272793' },
    // Not the first invocation of this instance.
    subsegments: [{ annotations: { ColdStart: false } }],
  });
  expect(segment?.annotations).not.toHaveProperty('lambda_trace_id');
});

test('a refusal at a limit is no failure of the stack', async () => {
  const retryAfter = { shortest: 10, longest: 30 };
  await callHandler(makeRefusing(new ServiceUnavailableError('open-work', retryAfter, { limit: 'stack' })));
  expect(printed).toMatchObject([
    {
      level: 'INFO',
      message: 'request.refused',
      status: 503,
      kind: 'ServiceUnavailableError',
      evidence: { limit: 'stack' },
      ...about,
    },
    { RequestsUnavailable: 1 },
  ]);
});

test('an error is logged with the error id of the answer, and without secrets of the client', async () => {
  const { answered, spanId } = await callHandler(makeRefusing(new Error('no table')));
  const { id } = JSON.parse(answered.body ?? '') as { id: string };
  expect(printed).toMatchObject([
    {
      level: 'ERROR',
      message: 'request.failed',
      status: 500,
      error_id: id,
      error: { message: 'no table' },
      ...about,
    },
  ]);
  expect(JSON.stringify(printed)).not.toMatch(/secret|confidential/);
  const [segment] = await daemon.waitForSegments(1, ({ id: span }) => span === spanId);
  expect(segment).toMatchObject({
    fault: true,
    http: { response: { status: 500 } },
    annotations: { error_id: id },
    subsegments: [
      {
        name: '## index.handler',
        fault: true,
        cause: { exceptions: [{ type: 'Error', message: 'The log has the message.' }] },
      },
    ],
  });
  expect(JSON.stringify(segment)).not.toMatch(/secret|confidential|no table/);
});

test('metrics are written at the end of a request, even if it is refused', async () => {
  const { spanId } = await callHandler(makeRefusing(new IdempotencyKeyReusedError('reused', { jobId: 'J' })));
  expect(printed).toMatchObject([
    {
      message: 'request.refused',
      status: 400,
      kind: 'IdempotencyKeyReusedError',
      evidence: { job_id: 'J' },
      ...about,
    },
    {
      service: 'fielding-jobs',
      IdempotencyConflicts: 1,
      _aws: { CloudWatchMetrics: [{ Namespace: 'Stack' }] },
    },
  ]);
  const [segment] = await daemon.waitForSegments(1, ({ id }) => id === spanId);
  expect(segment).toMatchObject({ error: true, subsegments: [{ error: true }] });
  expect(JSON.stringify(segment)).not.toContain('"fault"');
});

test('the flag of a client does not make a request recorded', async () => {
  setSampled(false);
  const { answered, spanId } = await callHandler(answerCreated);
  // The flag is passed on.
  expect(answered.headers?.['traceparent']).toBe(`00-${TRACE_ID}-${spanId ?? ''}-01`);
  setSampled(true);
  const unflagged = await callHandler(answerCreated, {
    headers: { traceparent: `00-${TRACE_ID}-${PARENT_ID}-00` },
  });
  await daemon.waitForSegments(1, ({ id }) => id === unflagged.spanId);
  expect(daemon.segments.filter(({ id }) => id === spanId)).toEqual([]);
});

test('unauthenticated requests, unknown routes and preflights do not write into the trace of a client', async () => {
  const unauthenticated = makeRefusing(new UnauthenticatedError('no token'));
  const hidden = [
    (await callHandler(unauthenticated)).spanId,
    (await callHandler(makeRefusing(new RouteNotFoundError('nothing')), { routeKey: '$default' })).spanId,
    (await callHandler(() => Promise.resolve({ statusCode: 204 }), { routeKey: PREFLIGHT_ROUTE })).spanId,
  ];
  const shown = (await callHandler(unauthenticated, { headers: {} })).spanId;
  // Segments arrive in order, so a hidden one would have arrived before this one.
  await daemon.waitForSegments(1, ({ id }) => id === shown);
  expect(daemon.segments.filter(({ id }) => hidden.includes(id))).toEqual([]);
});

test('an invalid account or project in a path is not logged', async () => {
  await callHandler(answerCreated, { pathParameters: { account_id: '1 or 1=1', project_id: '../x' } });
  expect(printed).toMatchObject([{ message: 'request.answered', action: 'resume' }]);
  expect(printed[0]).not.toHaveProperty('account_id');
  expect(printed[0]).not.toHaveProperty('project_id');
});
