/**
 * Tests a stack with a custom domain, a base path and CORS, as clients and web pages see it. It runs on the
 * tables and queues of another stack, which has none of them: one deployment before and after the change.
 * Neither is the stack of the other suites, because each of the two works on the jobs of both.
 */
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { API_VERSION } from '../../api/header-names.ts';
import { makeCollectionPath, makeJobPath } from '../../api/paths.ts';
import { FieldingJobs } from '../../client/fielding-jobs.ts';
import { deriveJobId } from '../../src/domain/digest.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { type Listener, listenOnLoopback } from '../../tools/kit/loopback.ts';
import { aToken, Client, readLocation } from '../support/api-client.ts';
import { describeInBrowser } from '../support/browser.ts';
import { anId } from '../support/builders.ts';
import { aProject } from '../support/e2e.ts';
import { type RunningStack, startStack } from '../support/start-stack.ts';

const BASE_PATH = '/bulk/jobs';

const ACCOUNT = 777;

/** Enough for a job that is open while a page sends its next request. */
const MANY = 300;

let before: RunningStack;
let after: RunningStack;
let allowed: Listener;
let other: Listener;
let token: string;

beforeAll(async () => {
  allowed = await servePage();
  other = await servePage();
  token = await aToken({ accounts: [ACCOUNT] });
  const stackName = `Origins${process.pid}`;
  before = await startStack(['-c', `stackName=${stackName}`]);
  const settings = {
    stackName,
    domainName: 'api.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
    region: 'eu-central-1',
    basePath: BASE_PATH,
    corsOrigins: JSON.stringify(['https://app.example.com', allowed.url]),
    maxOpenJobsPerAccount: 1,
    maxTargetGroupsPerJob: MANY,
    chunkSize: 1,
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const { dynamodb, sqs } = before.info.endpoints;
  after = await startStack(args, undefined, { DYNAMODB_ENDPOINT: dynamodb, SQS_ENDPOINT: sqs });
});
afterAll(async () => {
  await after.stop();
  await before.stop();
  await allowed.close();
  await other.close();
});

/** Serves an empty page, whose origin is the address of the server. */
function servePage(): Promise<Listener> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>A page</title>');
  });
  return listenOnLoopback(server);
}

function makeLocation(tenant: Tenant, key: string): string {
  return makeJobPath(tenant, 'resume', deriveJobId({ ...tenant, action: 'resume', idempotencyKey: key }));
}

describe('Location', () => {
  test('has the base URL from the change on, also in the replay of a call from before it, and the other way', async () => {
    const { tenant, ids } = await aProject(before.info, [{}, {}], ACCOUNT);
    const [old, current] = [new Client(before.info.url, token), new Client(after.info.apiUrl, token)];
    const headers = { 'idempotency-key': 'before' };
    expect(readLocation(await old.create(tenant, ids, headers))).toBe(makeLocation(tenant, 'before'));
    await old.waitUntilEnded(makeLocation(tenant, 'before'));

    const replayed = await post(after.info.apiUrl, tenant, ids, 'before');
    expect(replayed.status).toBe(201);
    expect(replayed.headers.get('idempotent-replayed')).toBe('true');
    const location = replayed.headers.get('location') ?? '';
    expect(location).toBe(after.info.apiUrl + makeLocation(tenant, 'before'));
    expect(current.url).toBe(`${after.info.url}${BASE_PATH}`);
    expect((await fetch(location, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);

    const created = await post(`${after.info.apiUrl}/v1`, tenant, ids, 'after');
    expect(created.headers.get('location')).toBe(after.info.apiUrl + makeLocation(tenant, 'after'));
    await old.waitUntilEnded(makeLocation(tenant, 'after'));
    const back = await old.create(tenant, ids, { 'idempotency-key': 'after' });
    expect(readLocation(back)).toBe(makeLocation(tenant, 'after'));
    expect(back.headers.get('idempotent-replayed')).toBe('true');
  });

  test('nothing is served beside the base path', async () => {
    for (const path of ['/demand/x', '/v1/demand/x', '/bulk/demand/x', '/']) {
      const answer = await fetch(after.info.url + path);
      expect([path, answer.status, await answer.json()]).toEqual([path, 404, { message: 'Not Found' }]);
    }
    const unknown = await fetch(`${after.info.apiUrl}/demand/x`);
    expect(await unknown.json()).toMatchObject({ object: 'not_found_error' });
  });
});

test.each(['', '/v1'])('the client works with the base path%s', async (prefix) => {
  const { tenant, ids } = await aProject(before.info, [{}, {}, { status: 'draft' }], ACCOUNT);
  const baseUrl = after.info.apiUrl + prefix;
  const client = new FieldingJobs({ baseUrl, token });
  const request = {
    action: 'resume',
    account: ACCOUNT,
    project: tenant.projectId,
    ids,
    key: 'client',
  } as const;
  const jobs = await client.create(request);
  expect(jobs.map(({ location }) => location)).toEqual([baseUrl + makeLocation(tenant, jobs[0]?.key ?? '')]);
  const [ended] = await client.wait(jobs.map(({ location }) => location));
  expect(ended).toMatchObject({ status: 'Completed', updated: 2 });
  expect(await client.create(request)).toMatchObject([{ replayed: true, location: jobs[0]?.location }]);
});

async function post(base: string, tenant: Tenant, ids: readonly string[], key: string): Promise<Response> {
  return fetch(base + makeCollectionPath(tenant, 'resume'), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify({ target_group_ids: ids }),
  });
}

/** What a page does: it creates a job, and a second one at once, follows the first, and repeats its call. */
async function useApi(given: { url: string; ids: string[]; token: string; version: string }) {
  const headers = {
    authorization: `Bearer ${given.token}`,
    'cint-api-version': given.version,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: 'page=1',
  };
  const send = (key: string) =>
    fetch(given.url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ target_group_ids: given.ids }),
    });
  const read = (answer: Response, ...names: string[]) => ({
    status: answer.status,
    headers: Object.fromEntries(names.map((name) => [name, answer.headers.get(name)])),
  });
  const first = await send('page');
  const created = read(first, 'location', 'traceparent', 'idempotent-replayed');
  const second = await send('too-many');
  const refused = { ...read(second, 'retry-after'), body: await second.json() };
  const progress: (string | null)[] = [];
  for (;;) {
    const answer = await fetch(created.headers['location'] ?? '', { headers });
    progress.push(answer.headers.get('x-job-progress'));
    const job = (await answer.json()) as { status: string; updated_target_groups: { data: unknown[] } };
    if (job.status !== 'Processing') {
      const replay = read(await send('page'), 'location', 'idempotent-replayed');
      return {
        created,
        refused,
        progress,
        replay,
        status: job.status,
        updated: job.updated_target_groups.data.length,
      };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describeInBrowser((openPage) => {
  test('a page of an allowed origin creates a job and follows it', async () => {
    const { tenant, ids } = await aProject(before.info, Array<object>(MANY).fill({}), ACCOUNT);
    const { page, complaints } = await openPage();
    await page.goto(allowed.url);
    const url = after.info.apiUrl + makeCollectionPath(tenant, 'resume');
    const seen = await page.evaluate(useApi, { url, ids, token, version: API_VERSION });
    const location = after.info.apiUrl + makeLocation(tenant, 'page');
    expect(seen).toMatchObject({
      created: {
        status: 201,
        headers: {
          location,
          traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-/),
          'idempotent-replayed': null,
        },
      },
      refused: {
        status: 429,
        headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
        body: { object: 'too_many_requests_error' },
      },
      replay: { status: 201, headers: { location, 'idempotent-replayed': 'true' } },
      status: 'Completed',
      updated: MANY,
    });
    expect(seen.progress.length).toBeGreaterThan(1);
    expect(seen.progress.filter((text) => !/^\d+\/300$/.test(text ?? ''))).toEqual([]);
    expect(seen.progress.at(-1)).toBe('300/300');
    // The browser itself notes that an answer was 429, and nothing else.
    expect(complaints.filter((text) => !text.includes('429'))).toEqual([]);
    await page.close();
  });

  test('a page of another origin creates none, and reads nothing', async () => {
    const { tenant, ids } = await aProject(before.info, [{}, {}], ACCOUNT);
    const { page, complaints } = await openPage();
    await page.goto(other.url);
    const url = after.info.apiUrl + makeCollectionPath(tenant, 'resume');
    await expect(page.evaluate(useApi, { url, ids, token, version: API_VERSION })).rejects.toThrow(
      'Failed to fetch',
    );
    // A request that needs no preflight reaches the API, but has no token.
    await expect(page.evaluate((to) => fetch(to), `${after.info.apiUrl}/${anId('X')}`)).rejects.toThrow(
      'Failed to fetch',
    );
    expect(complaints.join('\n')).toContain(`from origin '${other.url}' has been blocked by CORS policy`);
    await page.close();
    const headers = { authorization: `Bearer ${token}` };
    const read = await fetch(after.info.apiUrl + makeLocation(tenant, 'page'), { headers });
    expect(read.status).toBe(404);
  });
});
