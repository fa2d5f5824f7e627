/**
 * Sends the cases of the W3C's suite for trace context, and checks what comes out of the stack: the headers
 * of the answer, and the trace in the log lines of both functions. test/wiring checks what a message carries.
 *
 * Requests are sent as bytes, since fetch joins headers of one name. So does API Gateway, with a comma:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeCollectionPath } from '../../api/paths.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { anId } from '../support/builders.ts';
import { Client } from '../support/api-client.ts';
import { type Header, PARENT_ID, TRACE_CASES, TRACE_ID } from '../support/cases/trace-context-cases.ts';
import { aProject, readE2eStack, readObjectLines } from '../support/e2e.ts';
import { sendOnWire } from '../support/send-on-wire.ts';
import { waitUntil } from '../support/wait-until.ts';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const ZERO = /^0+$/;

const stack = readE2eStack();
let client: Client;
let tenant: Tenant;
let ids: string[];

/** The trace of each job that was created, by the id of the job. */
const traceIds = new Map<string, string>();

beforeAll(async () => {
  client = await Client.signIn(stack.url);
  ({ tenant, ids } = await aProject(stack, [{}]));
});

/** Creates a job with these headers, and returns the trace context that is passed on. */
async function passOn(headers: readonly Header[]) {
  const answer = await sendOnWire(stack.url, {
    method: 'POST',
    target: makeCollectionPath(tenant, 'resume'),
    headers: [
      ['authorization', `Bearer ${client.token}`],
      ['content-type', 'application/json'],
      ['idempotency-key', anId('K')],
      ...headers,
    ],
    body: JSON.stringify({ target_group_ids: ids }),
  });
  expect(answer.status).toBe(201);
  const traceparent = answer.headers.get('traceparent') ?? '';
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(traceparent) ?? [];
  // Whatever came in, what is passed on is valid, and has a span of our own.
  expect(traceparent).toMatch(TRACEPARENT);
  expect(traceId).not.toMatch(ZERO);
  expect(spanId).not.toMatch(ZERO);
  expect(spanId).not.toBe(PARENT_ID);
  const [own, ...others] = (answer.headers.get('tracestate') ?? '').split(',');
  expect(own).toBe(`fielding-jobs=${spanId}`);
  traceIds.set(answer.headers.get('location')?.split('/').at(-1) ?? '', traceId);
  return { traceId, spanId, flags: parseInt(flags, 16), others };
}

describe.each(TRACE_CASES)('$name', ({ requests }) => {
  test('is answered as the suite expects', async () => {
    const spans = new Set<string>();
    for (const { headers, continued, kept, dropped = [], entries, flags = 0 } of requests) {
      const { traceId, spanId, others, flags: passed } = await passOn(headers);
      spans.add(spanId);
      if (continued) expect(traceId).toBe(TRACE_ID);
      else expect(JSON.stringify(headers)).not.toContain(traceId);
      if (kept !== undefined) expect(others).toEqual(kept);
      for (const key of dropped) expect(others.some((entry) => entry.startsWith(`${key}=`))).toBe(false);
      if (entries !== undefined) expect(1 + others.length).toBe(entries);
      expect(passed & flags).toBe(flags);
    }
    expect(spans.size).toBe(requests.length);
  });
});

test('the log lines of each job, in both functions, have the trace that its answer has', async () => {
  const events = ['chunk.settled', 'job.created'];
  const lines = await waitUntil(() => {
    const found = readObjectLines(stack.logFile, tenant.projectId).filter(({ message }) =>
      events.includes(String(message)),
    );
    return found.length >= events.length * traceIds.size && found;
  });
  for (const [jobId, traceId] of traceIds) {
    const ofJob = lines.filter((line) => line['job_id'] === jobId);
    // The worker may be done before create-job writes its line.
    expect(ofJob.map((line) => `${String(line['message'])} ${String(line['trace_id'])}`).sort()).toEqual([
      `chunk.settled ${traceId}`,
      `job.created ${traceId}`,
    ]);
  }
  expect(traceIds.size).toBe(TRACE_CASES.flatMap(({ requests }) => requests).length);
});

test('all chunks of one job have the trace of its request', async () => {
  const { tenant: large, ids: many } = await aProject(stack, Array<object>(401).fill({}));
  const created = await client.create(large, many, { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01` });
  expect(created.status).toBe(201);
  const lines = await waitUntil(() => {
    const found = readObjectLines(stack.logFile, large.projectId).filter(
      ({ message }) => message === 'chunk.settled',
    );
    return found.length >= 3 && found;
  });
  expect(lines.map((line) => line['trace_id'])).toEqual(Array(3).fill(TRACE_ID));
});
