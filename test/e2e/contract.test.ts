/** Tests each rule of the HTTP contract on the running local stack. */
import { describe, expect, test } from '@jest/globals';
import { anId } from '../support/builders.ts';
import type { JobBody } from '../../api/answers.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { Client, SUBJECT, readError, readLocation, sendRequest } from '../support/api-client.ts';
import { aProject, readE2eStack } from '../support/e2e.ts';

const stack = readE2eStack();

/** Paths, headers and values are literals here, so that the suite fails when the code's constants change. */
const COLLECTION = 'batch-jobs/resume-fielding-runs-by-target-group-id';

function makeProjectPath({ accountId, projectId }: Tenant): string {
  return `/demand/accounts/${accountId}/projects/${projectId}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

describe('creating a job', () => {
  test('answers 201 without a body, with the address and the trace of the job', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}]);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const answer = await client.create(tenant, ids, {
      traceparent,
      tracestate: 'vendor=1',
      'cint-api-version': '2025-12-18',
    });
    expect(answer.status).toBe(201);
    expect(answer.text).toBe('');
    expect(readLocation(answer)).toMatch(
      new RegExp(`^${makeProjectPath(tenant)}/batch-jobs/resume/[0-9A-Z]{26}$`),
    );
    expect(answer.headers.get('traceparent')).toMatch(
      /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/,
    );
    expect(answer.headers.get('tracestate')).toMatch(/^fielding-jobs=[0-9a-f]{16},vendor=1$/);
    expect(answer.headers.get('idempotent-replayed')).toBeNull();
  });

  test('makes the job readable at once, at both of its addresses and under both prefixes', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}, {}]);
    const location = readLocation(await client.create(tenant, ids));
    expect((await client.get(location)).status).toBe(200);
    await client.waitUntilEnded(location);
    const jobId = location.split('/').at(-1) ?? '';
    const addresses = [location, `${makeProjectPath(tenant)}/${COLLECTION}/${jobId}`];
    const answers = await Promise.all(
      addresses.flatMap((address) => [client.get(address), client.get(`/v1${address}`)]),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  test('works under /v1 too, and a repeat without /v1 answers the same job', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}]);
    const key = { 'idempotency-key': anId('K') };
    const body = JSON.stringify({ target_group_ids: ids });
    const first = await client.post(`/v1${makeProjectPath(tenant)}/${COLLECTION}`, body, key);
    const second = await client.post(`${makeProjectPath(tenant)}/${COLLECTION}`, body, key);
    expect(readLocation(second)).toBe(readLocation(first));
    expect(second.headers.get('idempotent-replayed')).toBe('true');
  });
});

describe('the status of a job', () => {
  test('has every field, and one outcome for each target group, in id order', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [
      {},
      { status: 'live' },
      { status: 'draft' },
      { status: 'scheduled' },
      { status: 'completed' },
      { status: 'archived' },
      { completesGoal: 10, currentCompletes: 10 },
      { endFieldingAt: '2026-01-01T00:00:00.000Z' },
    ]);
    const other = await aProject(stack, [{}]);
    const asked = [...ids, ...other.ids, 'ZZZZZZZZZZZZZZZZZZZZZZZZZZ'];
    const polls: [string, string | null][] = [];
    const location = readLocation(await client.create(tenant, [...asked].reverse()));
    const job = await client.waitUntilEnded(location, ({ headers, text }) => {
      polls.push([text, headers.get('x-job-progress')]);
    });

    expect(job).toEqual({
      job_id: location.split('/').at(-1),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      created_by: SUBJECT,
      status: 'Completed',
      updated_target_groups: {
        data: ids.slice(0, 2).map((target_group_id) => ({ target_group_id })),
        has_more: false,
      },
      failed_target_groups: { data: expect.anything(), has_more: false },
    });
    const failed = job.failed_target_groups.data;
    const reasons = failed.map(({ failure_reason }) => Object.values(failure_reason));
    expect(failed.map(({ target_group_id }) => target_group_id)).toEqual([...asked.slice(2)].sort());
    const notAllowed = (text: string) => ['StatusTransitionNotAllowed', text];
    const notFound = ['TargetGroupNotFound', 'The project has no target group with this id.'];
    expect(reasons).toEqual([
      notAllowed('A fielding run in status draft cannot be resumed.'),
      notAllowed('A fielding run in status scheduled cannot be resumed.'),
      notAllowed('A fielding run in status completed cannot be resumed.'),
      notAllowed('A fielding run in status archived cannot be resumed.'),
      notAllowed('The fielding run cannot be resumed: its completes goal has been reached.'),
      notAllowed('The fielding run cannot be resumed: its end date has passed.'),
      notFound,
      notFound,
    ]);

    expect(polls.at(-1)?.[1]).toBe(`${asked.length}/${asked.length}`);
    for (const [text, progress] of polls.slice(0, -1)) {
      const processing = JSON.parse(text) as JobBody;
      expect(progress).toBe(`0/${asked.length}`);
      expect(processing.updated_target_groups).toEqual({ data: [], has_more: false });
      expect(processing.failed_target_groups).toEqual({ data: [], has_more: false });
    }
  });
});

describe('fielding runs', () => {
  const readFieldingRun = async (client: Client, path: string) => {
    const answer = await client.get(path);
    expect(answer.status).toBe(200);
    return (JSON.parse(answer.text) as { data: Record<string, unknown>[] }).data[0];
  };

  test('show that a job moved them once and who created it; live ones do not change', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{ version: 3 }, { status: 'live', version: 7 }]);
    const paths = ids.map((id) => `${makeProjectPath(tenant)}/target-groups/${id}/fielding-runs`);
    const before = await Promise.all(paths.map((path) => readFieldingRun(client, path)));
    await client.run(tenant, ids);
    const after = await Promise.all(paths.map((path) => readFieldingRun(client, `/v1${path}`)));
    expect(after[0]).toEqual({
      ...before[0],
      status: 'live',
      version: 4,
      last_changed_by: SUBJECT,
      last_changed_at: expect.stringMatching(/Z$/),
    });
    expect(after[0]?.['last_changed_at']).not.toBe(before[0]?.['last_changed_at']);
    expect(after[1]).toEqual(before[1]);
    expect(Object.keys(after[0] ?? {})).toEqual([
      'id',
      'status',
      'start_fielding_at',
      'end_fielding_at',
      'version',
      'last_changed_at',
      'last_changed_by',
    ]);
  });

  test('are not found for an unknown target group or one of another project', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant } = await aProject(stack);
    const other = await aProject(stack, [{}]);
    for (const id of [anId(), ...other.ids]) {
      const answer = await client.get(`${makeProjectPath(tenant)}/target-groups/${id}/fielding-runs`);
      expect(answer.status).toBe(404);
      expect(readError(answer).object).toBe('not_found_error');
    }
  });
});

describe('errors', () => {
  interface Case {
    readonly name: string;
    readonly status: number;
    readonly object: string;
    readonly send: (client: Client) => ReturnType<Client['get']>;
    readonly params?: string[];
  }
  const makeTenant = async () => (await aProject(stack)).tenant;
  const good = { target_group_ids: ['AAAAAAAAAAAAAAAAAAAAAAAAAA'] };
  const create = async (client: Client, body: unknown = good, headers: Record<string, string> = {}) =>
    client.post(`${makeProjectPath(await makeTenant())}/${COLLECTION}`, JSON.stringify(body), headers);

  const CASES: Case[] = [
    {
      name: 'a malformed path',
      status: 400,
      object: 'bad_request_error',
      params: ['account_id', 'project_id'],
      send: (client) => client.post(`/demand/accounts/0/projects/nope/${COLLECTION}`, JSON.stringify(good)),
    },
    {
      name: 'a malformed job id',
      status: 400,
      object: 'bad_request_error',
      params: ['job_id'],
      send: async (client) => client.get(`${makeProjectPath(await makeTenant())}/batch-jobs/resume/nope`),
    },
    {
      name: 'a malformed target group id',
      status: 400,
      object: 'bad_request_error',
      params: ['target_group_id'],
      send: async (client) =>
        client.get(`${makeProjectPath(await makeTenant())}/target-groups/x/fielding-runs`),
    },
    {
      name: 'bad headers and a bad body at once',
      status: 400,
      object: 'bad_request_error',
      params: ['idempotency-key', 'cint-api-version', 'target_group_ids[0]'],
      send: (client) =>
        create(
          client,
          { target_group_ids: ['x'] },
          { 'idempotency-key': '', 'cint-api-version': '2020-01-01' },
        ),
    },
    {
      name: 'an unknown project',
      status: 404,
      object: 'not_found_error',
      send: (client) => client.create({ accountId: 101, projectId: anId('N') }, [anId()]),
    },
    {
      name: "another account's project",
      status: 404,
      object: 'not_found_error',
      send: async (client) => {
        const { tenant } = await aProject(stack, [], 202);
        return client.create({ ...tenant, accountId: 101 }, [anId()]);
      },
    },
    {
      name: 'an unknown project, checked before a bad body',
      status: 404,
      object: 'not_found_error',
      send: (client) =>
        client.post(`${makeProjectPath({ accountId: 101, projectId: anId('N') })}/${COLLECTION}`, '{'),
    },
    {
      name: 'an unknown job',
      status: 404,
      object: 'not_found_error',
      send: async (client) =>
        client.get(`${makeProjectPath(await makeTenant())}/batch-jobs/resume/${anId('J')}`),
    },
    {
      name: "another project's job",
      status: 404,
      object: 'not_found_error',
      send: async (client) => {
        const { tenant, ids } = await aProject(stack, [{}]);
        const location = readLocation(await client.create(tenant, ids));
        const other = await aProject(stack);
        return client.get(location.replace(tenant.projectId, other.tenant.projectId));
      },
    },
    {
      name: 'an unknown route',
      status: 404,
      object: 'not_found_error',
      send: (client) => client.get('/nowhere'),
    },
    { name: 'the root', status: 404, object: 'not_found_error', send: (client) => client.get('/') },
    {
      name: 'a known path with another method',
      status: 404,
      object: 'not_found_error',
      send: async (client) =>
        sendRequest('DELETE', `${stack.url}${makeProjectPath(await makeTenant())}/${COLLECTION}`, {
          authorization: `Bearer ${client.token}`,
        }),
    },
    {
      name: 'a job of an unknown action, without a token',
      status: 404,
      object: 'not_found_error',
      send: () => sendRequest('GET', `${stack.url}/demand/accounts/1/projects/x/batch-jobs/stop/y`, {}),
    },
    {
      name: 'creation by the short name of an action, without a token',
      status: 404,
      object: 'not_found_error',
      send: () => sendRequest('POST', `${stack.url}/demand/accounts/1/projects/x/batch-jobs/resume`, {}, '{'),
    },
    {
      name: 'no token',
      status: 401,
      object: 'authorization_error',
      send: async () =>
        sendRequest('POST', `${stack.url}${makeProjectPath(await makeTenant())}/${COLLECTION}`, {}, '{'),
    },
    {
      name: 'a garbage token, checked before a malformed path',
      status: 401,
      object: 'authorization_error',
      send: () => new Client(stack.url, 'garbage').get('/demand/accounts/x/projects/y/batch-jobs/resume/z'),
    },
    {
      name: 'an expired token',
      status: 401,
      object: 'authorization_error',
      send: async () => create(await Client.signIn(stack.url, { ttlSeconds: -60 })),
    },
    {
      name: 'an account that the token lacks',
      status: 403,
      object: 'authorization_error',
      send: async () => create(await Client.signIn(stack.url, { accounts: [102] })),
    },
    {
      name: 'a scope that the token lacks, to create',
      status: 403,
      object: 'authorization_error',
      send: async () => create(await Client.signIn(stack.url, { scope: 'batch-jobs:read' })),
    },
    {
      name: 'a scope that the token lacks, to read',
      status: 403,
      object: 'authorization_error',
      send: async () => {
        const client = await Client.signIn(stack.url, { scope: 'batch-jobs:write' });
        return client.get(`${makeProjectPath(await makeTenant())}/batch-jobs/resume/${anId('J')}`);
      },
    },
  ];

  test.each(CASES)('$name: $status', async ({ status, object, send, params }) => {
    const answer = await send(await Client.signIn(stack.url));
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('traceparent')).toMatch(TRACEPARENT);
    const body = readError(answer);
    expect(body).toEqual({
      id: expect.stringMatching(UUID),
      object,
      detail: expect.stringMatching(/./),
      ...(params && {
        invalid_params: params.map((name) => ({ name, reason: expect.stringMatching(/found/) })),
      }),
    });
  });
});
