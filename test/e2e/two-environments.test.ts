/**
 * Tests that two environments in one account work side by side: two local stacks on the same emulators. The
 * second one runs the assembly of the first under another name, which is all that their templates differ in
 * (test/stack/two-environments.test.ts).
 */
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PROJECT } from '../../tools/kit/project.ts';
import { type LocalStack, startLocalStack } from '../../tools/local/local-stack.ts';
import { Client, readLocation } from '../support/api-client.ts';
import { aProject, findName, makeDynamoDBClient, readE2eStack, scanTable } from '../support/e2e.ts';

const first = readE2eStack();
let folder: string;
let second: LocalStack;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'second-'));
  await copyAssembly(folder, `Second${process.pid}`);
  second = await startLocalStack({
    assembly: folder,
    dynamodbEndpoint: first.endpoints.dynamodb,
    sqsEndpoint: first.endpoints.sqs,
  });
});
afterAll(async () => {
  await second.stop();
  await rm(folder, { recursive: true });
});

/** Copies the assembly of the first stack, and puts another name wherever the stack's name is. */
async function copyAssembly(to: string, name: string): Promise<void> {
  await cp(join(PROJECT, '.local', 'cdk.out', new URL(first.url).port), to, { recursive: true });
  const files = (await readdir(to)).filter((file) => file.endsWith('.json'));
  const [firstName = ''] = files
    .flatMap((file) => /^(.+)\.template\.json$/.exec(file)?.[1] ?? [])
    .sort((a, b) => a.length - b.length);
  for (const file of files) {
    const text = await readFile(join(to, file), 'utf8');
    await writeFile(join(to, file), text.replaceAll(firstName, name));
    await rename(join(to, file), join(to, file.replace(firstName, name)));
  }
}

/** Writes the same target groups into the second environment. */
async function copyTargetGroups(projectId: string): Promise<void> {
  const items = (await scanTable(first, 'TargetGroups')).filter(({ pk }) => String(pk).includes(projectId));
  const client = makeDynamoDBClient(second);
  const requests = items.map((item) => ({ PutRequest: { Item: marshall(item) } }));
  const table = findName(second.tables, 'TargetGroups');
  await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
  client.destroy();
}

test('the two have tables and queues of their own on the same stores', () => {
  expect(second.endpoints).toEqual(first.endpoints);
  for (const kind of ['tables', 'queues'] as const) {
    expect(Object.keys(second[kind])).toEqual(Object.keys(first[kind]));
    const names = new Set(Object.values(first[kind]));
    expect(Object.values(second[kind]).filter((name) => names.has(name))).toEqual([]);
  }
});

test('one key for one project is a job in each, and neither sees or moves what is in the other', async () => {
  const { tenant, ids } = await aProject(first, [{}, {}]);
  await copyTargetGroups(tenant.projectId);
  const [one, other] = await Promise.all([Client.signIn(first.url), Client.signIn(second.url)]);
  const key = { 'idempotency-key': `both-${tenant.projectId}` };
  const readStates = async (stack: typeof first | LocalStack) =>
    (await scanTable(stack, 'TargetGroups'))
      .filter(({ pk }) => ids.some((id) => String(pk).endsWith(id)))
      .map(({ status, version }) => ({ status, version }));

  const created = await one.create(tenant, ids, key);
  expect(created.status).toBe(201);
  const location = readLocation(created);
  const job = await one.waitUntilEnded(location);
  expect(job.updated_target_groups.data).toHaveLength(2);
  // The id of a job follows from tenant, action and key, so it is the same in both.
  expect((await other.get(location)).status).toBe(404);
  const moved = await readStates(first);
  expect(moved).toMatchObject([{ status: 'live' }, { status: 'live' }]);
  expect(await readStates(second)).toMatchObject([{ status: 'paused' }, { status: 'paused' }]);

  const again = await other.create(tenant, ids, key);
  expect(again.status).toBe(201);
  expect(again.headers.get('idempotent-replayed')).toBeNull();
  expect(readLocation(again)).toBe(location);
  expect((await other.waitUntilEnded(location)).updated_target_groups.data).toHaveLength(2);
  expect(await readStates(second)).toEqual(moved);
  expect(await readStates(first)).toEqual(moved);
});
