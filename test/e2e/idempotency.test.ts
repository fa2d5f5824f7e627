/** Tests that repeated create calls create one job, on the running local stack. */
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { makeCollectionPath, makeFieldingRunsPath } from '../../api/paths.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { anId } from '../support/builders.ts';
import { type Answer, Client, readError, readLocation, sendRequest } from '../support/api-client.ts';
import {
  aProject,
  makeDynamoDBClient,
  readE2eStack,
  readLogLines,
  findName,
  scanTable,
} from '../support/e2e.ts';

const stack = readE2eStack();

/** Returns the versions of target groups, as the API shows them. */
async function readVersions(client: Client, tenant: Tenant, ids: readonly string[]): Promise<number[]> {
  const answers = await Promise.all(ids.map((id) => client.get(makeFieldingRunsPath(tenant, id))));
  return answers.map(({ text }) => (JSON.parse(text) as { data: [{ version: number }] }).data[0].version);
}

const readReplayedHeader = (answer: Answer) => answer.headers.get('idempotent-replayed');

/** Checks that all answers name one job, which completes and moves each target group once. */
async function expectOneJob(
  client: Client,
  tenant: Tenant,
  ids: readonly string[],
  answers: readonly Answer[],
) {
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  const locations = new Set(answers.map(readLocation));
  expect(locations.size).toBe(1);
  const [location = ''] = locations;
  const job = await client.waitUntilEnded(location);
  expect(job.status).toBe('Completed');
  expect(job.updated_target_groups.data).toHaveLength(ids.length);
  expect(await readVersions(client, tenant, ids)).toEqual(ids.map(() => 4));
  const isOurs = ({ job_id }: Record<string, unknown>) => job_id === job.job_id;
  expect(readLogLines(stack, 'job.created').filter(isOurs)).toHaveLength(1);
  expect(readLogLines(stack, 'fan-out.sent').filter(isOurs)).toHaveLength(1);
  expect(readLogLines(stack, 'chunk.settled').filter(isOurs)).toHaveLength(1);
}

describe('a repeated create call', () => {
  test('answers the same job while it is open and after it has ended', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}, {}]);
    const key = { 'idempotency-key': anId('K') };
    const first = await client.create(tenant, ids, key);
    const second = await client.create(tenant, ids, key);
    await client.waitUntilEnded(readLocation(first));
    const third = await client.create(tenant, ids, key);
    expect([first, second, third].map(readReplayedHeader)).toEqual([null, 'true', 'true']);
    await expectOneJob(client, tenant, ids, [first, second, third]);
  });

  test('gets an answer with a trace of its own', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}]);
    const key = { 'idempotency-key': anId('K') };
    const answers = [await client.create(tenant, ids, key), await client.create(tenant, ids, key)];
    expect(new Set(answers.map(({ headers }) => headers.get('traceparent'))).size).toBe(2);
  });

  test('creates one job when it is sent fifty times at once', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}, {}, {}]);
    const key = { 'idempotency-key': anId('K') };
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.create(tenant, ids, key)));
    expect(answers.map(readReplayedHeader).filter((header) => header === null)).toHaveLength(1);
    await expectOneJob(client, tenant, ids, answers);
  });

  test('answers the same job with the ids in another order or duplicated', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}, {}, {}]);
    const key = { 'idempotency-key': anId('K') };
    const first = await client.create(tenant, ids, key);
    const second = await client.create(tenant, [...ids].reverse(), key);
    const third = await client.create(tenant, [...ids, ...ids], key);
    await expectOneJob(client, tenant, ids, [first, second, third]);
  });

  test('answers the same job after its idempotency record is lost, before and after the end', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}, {}]);
    const key = { 'idempotency-key': anId('K') };
    const first = await client.create(tenant, ids, key);
    await forgetAll();
    const second = await client.create(tenant, ids, key);
    await client.waitUntilEnded(readLocation(first));
    await forgetAll();
    const answers = [first, second, await client.create(tenant, ids, key)];
    expect(answers.map(readReplayedHeader)).toEqual([null, 'true', 'true']);
    await expectOneJob(client, tenant, ids, answers);
  });
});

/** Empties the idempotency table, as an expiry or a restore would do. */
async function forgetAll(): Promise<void> {
  const client = makeDynamoDBClient(stack);
  const TableName = findName(stack.tables, 'Idempotency');
  const records = await scanTable(stack, 'Idempotency');
  expect(records.length).toBeGreaterThan(0);
  for (const { id } of records) {
    await client.send(new DeleteItemCommand({ TableName, Key: marshall({ id }) }));
  }
  client.destroy();
}

describe('the same key', () => {
  test('with other target groups is refused, and the job stays as it was', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}, {}]);
    const key = { 'idempotency-key': anId('K') };
    const first = await client.create(tenant, ids.slice(0, 1), key);
    const refused = await client.create(tenant, ids, key);
    await forgetAll();
    const refusedAgain = await client.create(tenant, ids, key);
    for (const answer of [refused, refusedAgain]) {
      expect(answer.status).toBe(400);
      expect(readError(answer)).toMatchObject({
        object: 'bad_request_error',
        invalid_params: [{ name: 'idempotency-key' }],
      });
    }
    await expectOneJob(client, tenant, ids.slice(0, 1), [
      first,
      await client.create(tenant, ids.slice(0, 1), key),
    ]);
    expect(await readVersions(client, tenant, ids.slice(1))).toEqual([3]);
  });

  test('creates another job in another project or another account', async () => {
    const client = await Client.signIn(stack.url, { accounts: [101, 102] });
    const key = { 'idempotency-key': anId('K') };
    const projects = [
      await aProject(stack, [{}]),
      await aProject(stack, [{}]),
      await aProject(stack, [{}], 102),
    ];
    const answers = await Promise.all(projects.map(({ tenant, ids }) => client.create(tenant, ids, key)));
    const jobs = answers.map((answer) => readLocation(answer).split('/').at(-1));
    expect(new Set(jobs).size).toBe(3);
    for (const answer of answers)
      expect((await client.waitUntilEnded(readLocation(answer))).status).toBe('Completed');
  });

  test('can be used again after a call that was refused', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}]);
    const key = { 'idempotency-key': anId('K') };
    const path = makeCollectionPath(tenant, 'resume');
    expect((await client.post(path, '{"target_group_ids":["x"]}', key)).status).toBe(400);
    expect((await client.create({ ...tenant, projectId: anId('N') }, ids, key)).status).toBe(404);
    const answer = await client.create(tenant, ids, key);
    expect(readReplayedHeader(answer)).toBeNull();
    await expectOneJob(client, tenant, ids, [answer]);
  });
});

describe('an idempotency key', () => {
  test.each([
    ['of 255 characters is accepted', 'k'.repeat(255), 201],
    ['of 256 characters is refused', 'k'.repeat(256), 400],
    ['that is empty is refused', '', 400],
  ])('%s', async (_name, key, status) => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}]);
    const answer = await client.create(tenant, ids, { 'idempotency-key': key });
    expect(answer.status).toBe(status);
    if (status === 400) expect(readError(answer).invalid_params?.[0]?.name).toBe('idempotency-key');
  });

  test('that is missing is refused', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}]);
    const answer = await sendRequest(
      'POST',
      stack.url + makeCollectionPath(tenant, 'resume'),
      { authorization: `Bearer ${client.token}` },
      JSON.stringify({ target_group_ids: ids }),
    );
    expect(answer.status).toBe(400);
    expect(readError(answer).invalid_params?.[0]?.name).toBe('idempotency-key');
  });
});
