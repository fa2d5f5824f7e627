/** Tests that a client's trace reaches the answer, the log lines, the worker and the segments for X-Ray. */
import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { type Answer, Client, readLocation } from '../support/api-client.ts';
import { aProject, readE2eStack, readObjectLines } from '../support/e2e.ts';
import { waitUntil } from '../support/wait-until.ts';

const stack = readE2eStack();

/** Waits until `enough` accepts the lines of a file that contain `text`, and returns them. */
function waitForLines(file: string, text: string, enough: (lines: Record<string, unknown>[]) => boolean) {
  return waitUntil(() => {
    const lines = readObjectLines(file, text);
    return enough(lines) && lines;
  });
}

/** Makes the ids of a client's trace: random ones, where ids of X-Ray begin with a time. */
function makeClientTrace(flags: string) {
  const traceId = `f${randomBytes(16).toString('hex').slice(1)}`;
  const parentId = randomBytes(8).toString('hex');
  return {
    traceId,
    parentId,
    xrayId: `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`,
    traceparent: `00-${traceId}-${parentId}-${flags}`,
  };
}

/** Whether a document is a segment, and not one of the subsegments that ended before it. */
function isSegment({ type }: Record<string, unknown>): boolean {
  return type !== 'subsegment';
}

/** Reads the span id of an answer. */
function readSpanId({ headers }: Answer): string | undefined {
  return headers.get('traceparent')?.split('-')[2];
}

test('all log lines and segments of a sampled request have the trace id of the client', async () => {
  const client = await Client.signIn(stack.url);
  const { tenant, ids } = await aProject(stack, Array<object>(250).fill({}));
  const { traceId, parentId, xrayId, traceparent } = makeClientTrace('01');
  const created = await client.create(tenant, ids, { traceparent });
  expect(created.headers.get('traceparent')?.split('-')[1]).toBe(traceId);
  const spanId = readSpanId(created);
  const { job_id: jobId } = await client.waitUntilEnded(readLocation(created));

  const lines = await waitForLines(stack.logFile, traceId, (found) =>
    found.some(({ message }) => message === 'job.finished'),
  );
  const listFunctionNames = (event: string) =>
    lines.filter(({ message }) => message === event).map((line) => String(line['function_name']));
  expect(listFunctionNames('job.created')).toEqual([expect.stringContaining('CreateJob')]);
  expect(listFunctionNames('chunk.settled')).toEqual(Array(2).fill(expect.stringContaining('Worker')));
  for (const line of lines) {
    expect(line).toMatchObject({
      trace_id: traceId,
      job_id: jobId,
      account_id: tenant.accountId,
      project_id: tenant.projectId,
      action: 'resume',
    });
  }

  const ofJob = {
    account_id: tenant.accountId,
    project_id: tenant.projectId,
    action: 'resume',
    job_id: jobId,
    trace_id: traceId,
    function_request_id: expect.any(String) as unknown,
  };
  const documents = await waitForLines(
    stack.segmentFile,
    xrayId,
    (found) => found.filter(isSegment).length >= 3,
  );
  const segments = documents.filter(isSegment);
  const [creation, ...others] = segments.filter(({ id }) => id === spanId);
  expect(others).toEqual([]);
  expect(creation).toMatchObject({
    name: expect.stringContaining('CreateJob') as unknown,
    trace_id: xrayId,
    parent_id: parentId,
    annotations: ofJob,
    http: { request: { method: 'POST' }, response: { status: 201 } },
  });
  const [handler, ...more] = creation?.['subsegments'] as Record<string, unknown>[];
  expect(more).toEqual([]);
  expect(handler).toMatchObject({
    name: '## index.handler',
    annotations: { ColdStart: expect.any(Boolean) as unknown, Service: 'fielding-jobs' },
  });
  // Each call is a subsegment of the handler. The SDK sends those that end before it by themselves.
  const calls = documents
    .filter(({ type, parent_id }) => type === 'subsegment' && parent_id === handler?.['id'])
    .map(({ name, aws }) => `${String(name)} ${(aws as { operation: string }).operation}`);
  expect(calls).toEqual(expect.arrayContaining(['DynamoDB PutItem', 'SQS SendMessageBatch']));

  const ofChunks = segments.filter(({ id }) => id !== spanId);
  expect(ofChunks).toHaveLength(2);
  const indexes = ofChunks.map(({ annotations }) => (annotations as { chunk: number }).chunk);
  expect(indexes.sort()).toEqual([0, 1]);
  for (const segment of ofChunks) {
    expect(segment).toMatchObject({
      name: expect.stringContaining('Worker') as unknown,
      trace_id: xrayId,
      parent_id: spanId,
      annotations: ofJob,
    });
    // One subsegment for all writes of the chunk to a table.
    const kinds = (segment['subsegments'] as { aws: Record<string, string> }[]).map(
      ({ aws }) => `${aws['operation'] ?? ''} ${aws['table_name'] ?? ''}`,
    );
    expect(new Set(kinds).size).toBe(kinds.length);
    expect(kinds.filter((kind) => /^UpdateItem .*TargetGroups/.test(kind))).toHaveLength(1);
  }

  const sent = JSON.stringify(documents);
  for (const secret of [ids[0] ?? '', client.token, 'Bearer']) expect(sent).not.toContain(secret);
});

test('a refused request is found in the client’s trace, by the id of its error too, whatever the flag', async () => {
  const client = await Client.signIn(stack.url);
  const { tenant } = await aProject(stack);
  const { xrayId, parentId, traceparent } = makeClientTrace('00');
  const refused = await client.create(tenant, [], { traceparent });
  expect(refused.status).toBe(400);
  const { id: errorId } = JSON.parse(refused.text) as { id: string };
  const found = await waitForLines(stack.segmentFile, xrayId, (documents) => documents.some(isSegment));
  expect(found.find(isSegment)).toMatchObject({
    id: readSpanId(refused),
    parent_id: parentId,
    error: true,
    annotations: { error_id: errorId, account_id: tenant.accountId, action: 'resume' },
    http: { response: { status: 400 } },
  });
});
