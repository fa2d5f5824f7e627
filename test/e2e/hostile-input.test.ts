/** Tests requests with texts that must not reach the log, and with bodies that are costly to parse. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeCollectionPath } from '../../api/paths.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { anId } from '../support/builders.ts';
import { type Answer, Client, readError } from '../support/api-client.ts';
import { aProject, readE2eStack } from '../support/e2e.ts';
import { waitUntil } from '../support/wait-until.ts';

const stack = readE2eStack();
let client: Client;
let tenant: Tenant;
let ids: string[];
let path: string;

beforeAll(async () => {
  client = await Client.signIn(stack.url);
  ({ tenant, ids } = await aProject(stack, [{}]));
  path = makeCollectionPath(tenant, 'resume');
});

/** Waits until the functions have logged lines that contain `what`, and returns them. */
function waitForLines(what: string): Promise<string[]> {
  return waitUntil(() => {
    const lines = readFileSync(stack.logFile, 'utf8').split('\n');
    // Leaves out the last line, which may be only partly written.
    const found = lines
      .slice(0, -1)
      .filter((line) => line.includes(what) && !line.includes('"kind":"request"'));
    return found.length > 0 && found;
  });
}

/** Checks that the answer is an error with one short log line, which contains no text of the client. */
async function expectOneLine(answer: Answer, status: number): Promise<void> {
  expect(answer.status).toBe(status);
  const { id } = readError(answer);
  const lines = await waitForLines(`"${id}"`);
  expect(lines).toHaveLength(1);
  expect(lines[0]?.length).toBeLessThan(2_000);
  expect(lines[0]).not.toMatch(/MARK|[\p{Cc}\p{Zl}\p{Zp}]/u);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ message: 'request.refused', error_id: id, status });
}

// New lines, escape sequences, separators and long values, in forms that HTTP allows.
const TEXTS = {
  'new lines': '%0d%0a{"level":"INFO","message":"MARK"}%0a',
  'escape sequences': '%1b[2J%1b]0;MARK%07',
  separators: '%e2%80%a8MARK%e2%80%a9%c2%85',
  'control bytes': '\u009b31mMARK\u0085',
  'a huge value': 'MARK'.repeat(10_000),
};

describe.each(Object.entries(TEXTS))('%s', (_name, text) => {
  const inPath = encodeURI(text).replaceAll('%25', '%').replace(/[?#]/g, '');

  test('in a path: the log gets one line without the text', async () => {
    const project = `/demand/accounts/101/projects/${inPath}/batch-jobs/resume/${anId('J')}`;
    await expectOneLine(await client.get(project), 400);
    await expectOneLine(await client.get(`/${inPath}?${inPath}=${inPath}`), 404);
  });

  test('in headers: the log gets one line without the text', async () => {
    const headers = {
      'idempotency-key': text,
      'cint-api-version': text,
      traceparent: text,
      tracestate: text,
      'user-agent': text,
      'x-amzn-trace-id': text,
    };
    await expectOneLine(await client.post(path, '{}', headers), 400);
    await expectOneLine(await client.get(path, { authorization: `Bearer ${text}` }), 404);
    await expectOneLine(await client.post(path, '{}', { authorization: `Bearer ${text}` }), 401);
  });

  test('in a body: the log gets one line without the text', async () => {
    const decoded = decodeURIComponent(text);
    const body = JSON.stringify({ target_group_ids: [decoded], [decoded]: decoded });
    await expectOneLine(await client.post(path, body), 400);
  });

  test('in a token: as its subject they become a UUID, and as its scope they permit nothing', async () => {
    // The API refuses tokens of more than 10,240 characters.
    const decoded = decodeURIComponent(text).slice(0, 1_000);
    const odd = await Client.signIn(stack.url, { subject: decoded });
    const job = await odd.run(tenant, ids);
    expect(job.created_by).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const [line = ''] = await waitForLines(`"job.created"`).then((all) =>
      all.filter((each) => each.includes(job.job_id)),
    );
    expect(line).not.toContain('MARK');
    await expectOneLine(
      await (await Client.signIn(stack.url, { scope: decoded })).get(`${path}/${job.job_id}`),
      403,
    );
  });
});

test('the trace id of a valid traceparent is in the log line of its request', async () => {
  const traceId = anId('')
    .toLowerCase()
    .replace(/[^0-9a-f]/g, 'a')
    .padStart(32, 'c');
  const answer = await client.post(path, '{}', { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
  const [line] = await waitForLines(`"${readError(answer).id}"`);
  expect(JSON.parse(line ?? '')).toMatchObject({ trace_id: traceId });
});

describe('a body', () => {
  const MEGABYTE = 1024 * 1024;

  test.each([
    ['of arrays 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), 'body'],
    ['of objects 100,000 deep', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000), 'a'],
    ['of 5 MB of open brackets', '['.repeat(5 * MEGABYTE), 'body'],
    ['of 100,000 fields', `{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":1`).join(',')}}`, 'k0'],
  ])('%s is a 400', async (_name, body, name) => {
    const answer = await client.post(path, body);
    expect(answer.status).toBe(400);
    expect(readError(answer).invalid_params?.[0]?.name).toBe(name);
    expect(answer.text.length).toBeLessThan(30_000);
  });

  test('of almost 10 MB of open brackets is a 413', async () => {
    const answer = await client.post(path, '['.repeat(10 * MEGABYTE - 1));
    expect({ status: answer.status, body: answer.text }).toEqual({
      status: 413,
      body: '{"message":"Request Entity Too Large"}',
    });
  });
});
