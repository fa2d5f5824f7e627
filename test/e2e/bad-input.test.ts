/** Tests malformed requests: each gets an error of the contract, stores nothing and does no harm. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeCollectionPath, makeJobPath } from '../../api/paths.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import type { WireAnswer } from '../rigs/fuzz/wire.ts';
import { anId, makeIds as newIds } from '../support/builders.ts';
import { Client, readError, readLocation } from '../support/api-client.ts';
import { aProject, readE2eStack, scanTable } from '../support/e2e.ts';
import { sendOnWire } from '../support/send-on-wire.ts';

const stack = readE2eStack();
let client: Client;
let tenant: Tenant;
let path: string;

beforeAll(async () => {
  client = await Client.signIn(stack.url);
  ({ tenant } = await aProject(stack));
  path = makeCollectionPath(tenant, 'resume');
});

/** Checks that no request has created a job, and that a valid request still works. */
afterAll(async () => {
  const jobs = await scanTable(stack, 'TablesJobs');
  expect(jobs.filter(({ pk }) => String(pk).includes(`#${tenant.projectId}#`))).toEqual([]);
  const alive = await aProject(stack, [{}]);
  const job = await client.waitUntilEnded(readLocation(await client.create(alive.tenant, alive.ids)));
  expect(job.status).toBe('Completed');
});

const FIVE_MB = 5 * 1024 * 1024;

describe('a body', () => {
  test.each<[string, string | Uint8Array<ArrayBuffer>, string]>([
    ['that is empty', '', 'body'],
    ['that is not JSON', '{"target_group_ids": [', 'body'],
    ['that is null', 'null', 'body'],
    ['that is a number', '1', 'body'],
    ['that is a text', '"target_group_ids"', 'body'],
    ['that is an array', JSON.stringify(newIds(2)), 'body'],
    ['that is not UTF-8', Uint8Array.from([0x7b, 0xff, 0xfe, 0x7d]), 'body'],
    ['of another shape', '{"ids":["A"]}', 'ids'],
    ['with an unknown field', '{"target_group_ids":["AAAAAAAAAAAAAAAAAAAAAAAAAA"],"x":1}', 'x'],
    ['with __proto__', '{"__proto__":{"target_group_ids":["AAAAAAAAAAAAAAAAAAAAAAAAAA"]}}', '__proto__'],
    [
      'with a text in place of the ids',
      '{"target_group_ids":"AAAAAAAAAAAAAAAAAAAAAAAAAA"}',
      'target_group_ids',
    ],
    ['with an object in place of the ids', '{"target_group_ids":{"length":1}}', 'target_group_ids'],
    ['with no ids', '{"target_group_ids":[]}', 'target_group_ids'],
    ['with ids that are numbers', '{"target_group_ids":[1]}', 'target_group_ids[0]'],
    ['with ids in lower case', '{"target_group_ids":["aaaaaaaaaaaaaaaaaaaaaaaaaa"]}', 'target_group_ids[0]'],
    [
      "with another tenant's key",
      '{"target_group_ids":["102#AAAAAAAAAAAAAAAAAAAAAA"]}',
      'target_group_ids[0]',
    ],
    [
      'nested 100,000 deep',
      `{"target_group_ids":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      'target_group_ids[0]',
    ],
    ['of 5 MB of one id', `{"target_group_ids":["${'A'.repeat(FIVE_MB)}"]}`, 'target_group_ids[0]'],
    ['of 5 MB of spaces', ' '.repeat(FIVE_MB), 'body'],
    ['of 5 MB of numbers', `{"target_group_ids":[${'1,'.repeat(FIVE_MB / 2)}1]}`, 'target_group_ids[0]'],
  ])('%s is refused', async (_name, body, param) => {
    const binary = typeof body === 'string' ? {} : { 'content-type': 'application/octet-stream' };
    const answer = await client.post(path, body, binary);
    expect(answer.status).toBe(400);
    const { object, invalid_params: params } = readError(answer);
    expect(object).toBe('bad_request_error');
    expect(params?.[0]?.name).toBe(param);
    expect(answer.text.length).toBeLessThan(30_000);
  });

  test('with malformed ids gets an error that lists all of them', async () => {
    const bad = ['short', ...newIds(1), 'x'.repeat(26), null, ...newIds(1), {}];
    const answer = await client.post(path, JSON.stringify({ target_group_ids: bad }));
    const names = readError(answer).invalid_params?.map(({ name }) => name);
    expect(names).toEqual([0, 2, 3, 5].map((i) => `target_group_ids[${i}]`));
  });

  test('with thousands of malformed ids gets an error that lists the first hundred', async () => {
    const answer = await client.post(
      path,
      JSON.stringify({ target_group_ids: Array<string>(5000).fill('x') }),
    );
    expect(answer.status).toBe(400);
    expect(readError(answer).invalid_params).toHaveLength(100);
  });

  test('above the limit of the gateway is refused by the gateway', async () => {
    const answer = await client.post(path, ' '.repeat(11 * 1024 * 1024));
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text)).toEqual({ message: 'Request Entity Too Large' });
  });
});

describe('a path', () => {
  const T = 'AAAAAAAAAAAAAAAAAAAAAAAAAA';
  test.each([
    [`/demand/accounts/-1/projects/${T}/batch-jobs/resume/${T}`, ['account_id']],
    [`/demand/accounts/1.5/projects/${T}/batch-jobs/resume/${T}`, ['account_id']],
    [`/demand/accounts/0101/projects/${T}/batch-jobs/resume/${T}`, ['account_id']],
    [`/demand/accounts/2147483648/projects/${T}/batch-jobs/resume/${T}`, ['account_id']],
    [`/demand/accounts/101/projects/${T.toLowerCase()}/batch-jobs/resume/${T}`, ['project_id']],
    [`/demand/accounts/101/projects/${T}A/batch-jobs/resume/${T}`, ['project_id']],
    [`/demand/accounts/101/projects/${T.slice(1)}%23/batch-jobs/resume/${T}`, ['project_id']],
    [`/demand/accounts/101/projects/${T}/batch-jobs/resume/%2e%2e%2f`, ['job_id']],
    [`/demand/accounts/101/projects/${T}/batch-jobs/resume/%00`, ['job_id']],
    ['/demand/accounts/x/projects/y/batch-jobs/resume/z', ['account_id', 'project_id', 'job_id']],
  ])('%s is refused', async (bad, params) => {
    const answer = await client.get(bad);
    expect(answer.status).toBe(400);
    expect(readError(answer).invalid_params?.map(({ name }) => name)).toEqual(params);
  });

  test('that is not a valid URL gets an error of the contract', async () => {
    for (const target of [
      '/%',
      '/%zz/%ff',
      `/demand/accounts/%E0%A4%A/projects/${T}/batch-jobs/resume/${T}`,
      '//',
      '/demand//',
    ]) {
      const { status, body } = await sendRaw(target);
      expect([400, 404]).toContain(status);
      expect(body).toMatch(/"object":"(bad_request_error|not_found_error)"/);
    }
  });
});

describe('a client', () => {
  test('that disconnects in the middle of its request does not affect others', async () => {
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${client.token}\r\ncontent-length: 1000\r\n\r\n{"tar`;
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(stack.url).port), '127.0.0.1', () => {
        socket.write(head, () => {
          socket.destroy();
          resolve();
        });
      });
    });
    expect((await client.get(makeJobPath(tenant, 'resume', anId('J')))).status).toBe(404);
  });

  test('with a token of 100 KB is refused', async () => {
    const answer = await new Client(stack.url, 'x'.repeat(100_000)).get(path);
    expect(answer.status).toBe(404);
    const create = await new Client(stack.url, 'x'.repeat(100_000)).create(tenant, newIds(1));
    expect(create.status).toBe(401);
    expect(readError(create).object).toBe('authorization_error');
  });
});

/** Sends a GET request with a target that HTTP libraries would refuse or change. */
function sendRaw(target: string): Promise<WireAnswer> {
  const headers = [['authorization', `Bearer ${client.token}`]] as const;
  return sendOnWire(stack.url, { method: 'GET', target, headers });
}
