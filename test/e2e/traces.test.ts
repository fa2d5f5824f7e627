/** Tests that a client's trace reaches the answer, the log lines, the worker and the segments for X-Ray. */
import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Client, readLocation } from '../support/api-client.ts';
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

test('all log lines and segments of a sampled request have the trace id of the client', async () => {
  const client = await Client.signIn(stack.url);
  const { tenant, ids } = await aProject(stack, Array<object>(250).fill({}));
  // A random trace id, as clients make them; ids of X-Ray begin with a time.
  const traceId = `f${randomBytes(16).toString('hex').slice(1)}`;
  const parentId = randomBytes(8).toString('hex');
  const created = await client.create(tenant, ids, { traceparent: `00-${traceId}-${parentId}-01` });
  const [, answered, spanId] = created.headers.get('traceparent')?.split('-') ?? [];
  expect(answered).toBe(traceId);
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

  const xrayId = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
  const segments = await waitForLines(stack.segmentFile, xrayId, (found) => found.length >= 3);
  const ofCreation = segments.filter(({ id }) => id === spanId);
  expect(ofCreation).toMatchObject([
    { parent_id: parentId, annotations: { job_id: jobId }, http: { response: { status: 201 } } },
  ]);
  const ofChunks = segments.filter(({ id }) => id !== spanId);
  expect(ofChunks).toHaveLength(2);
  for (const segment of ofChunks) {
    expect(segment).toMatchObject({ parent_id: spanId, annotations: { job_id: jobId } });
    expect(segment['name']).toContain('Worker');
  }
});
