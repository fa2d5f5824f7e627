/**
 * The restore drill of docs/restoring.md: copies of the tables under other names, the target groups of a
 * later instant than the jobs, and a deployment that names them.
 */
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, test } from '@jest/globals';
import { IDEMPOTENCY_KEY } from '../../api/header-names.ts';
import type { TargetGroup } from '../../src/domain/target-group.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { DynamoDBTargetGroups } from '../../src/adapters/dynamodb/target-groups.ts';
import { makeEmulatorConfig } from '../../tools/kit/emulator.ts';
import { forwardTo } from '../../tools/kit/forwarding.ts';
import { startEmulators } from '../../tools/local/emulators/start-emulators.ts';
import { makeTables } from '../../tools/local/infrastructure.ts';
import { startLocalStack } from '../../tools/local/local-stack.ts';
import { Client, readLocation } from '../support/api-client.ts';
import { aProject, scanTable } from '../support/e2e.ts';
import { readTableDefinitions } from '../support/test-tables.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Short times, with seconds for a worker that starts on a busy machine. */
const TIMES = {
  chunkSize: 2,
  maxTargetGroupsPerJob: 1_000,
  workerTimeoutSeconds: 3,
  clockSkewSeconds: 1,
  stalledSeconds: 20,
};

const FAILED = { status: 500, headers: {}, body: Buffer.from('{}') };

const RESTORED = {
  jobsTable: `restored-jobs-${process.pid}`,
  targetGroupsTable: `restored-groups-${process.pid}`,
  idempotencyTable: `restored-records-${process.pid}`,
};

test('on restored tables ended jobs read the same, open ones go on, and forgotten ones are created again', async () => {
  await using resources = new AsyncDisposableStack();
  // The worker cannot read or write this target group until the restore.
  let lost = 'none yet';
  const emulators = await startEmulators({ dynamodb: process.env['DYNAMODB_ENDPOINT'] }, (error) => {
    throw error;
  });
  resources.defer(() => emulators.stop());
  const proxy = resources.use(
    await forwardTo(emulators.dynamodb, {
      around: (call, forward) => (call.body.includes(lost) ? Promise.resolve(FAILED) : forward(call)),
    }),
  );
  const original = await startLocalStack({
    context: { ...TIMES, stackName: `Original${process.pid}` },
    dynamodbEndpoint: proxy.url,
    sqsEndpoint: emulators.sqs,
  });
  resources.defer(() => original.stop());
  const behind = { ...original, endpoints: emulators };
  const dynamodb = new DynamoDBClient(makeEmulatorConfig(emulators.dynamodb));
  resources.defer(() => {
    dynamodb.destroy();
  });
  const client = await Client.signIn(original.url);

  const paused = { status: 'paused' } as const;
  const { tenant, ids } = await aProject(
    behind,
    Array.from({ length: 9 }, () => paused),
  );
  const ended = readLocation(await client.create(tenant, ids.slice(0, 2), { [IDEMPOTENCY_KEY]: 'ended' }));
  await client.waitUntilEnded(ended);
  const endedBody = (await client.get(ended)).text;

  // Ids are sorted into chunks: the first chunk of this job is settled, and the second is not.
  const sorted = ids.slice(2, 6).sort();
  lost = sorted[3] ?? '';
  const open = readLocation(await client.create(tenant, sorted));
  await waitUntil(async () => {
    const items = await scanTable(behind, 'TablesJobs');
    return items.some(({ total, settled }) => total === 4 && settled instanceof Set && settled.size === 1);
  }, 100);
  // Of the second chunk, the worker moves the other target group at its own time.
  await waitUntil(async () => {
    const groups = await scanTable(behind, 'TablesTargetGroups');
    return groups.some(({ pk, status }) => String(pk).endsWith(`#${sorted[2]}`) && status === 'live');
  }, 100);

  const definitions = await readTableDefinitions();
  await makeTables(
    dynamodb,
    Object.entries(RESTORED).map(([key, name]) => {
      const part = `Tables${key.charAt(0).toUpperCase()}${key.slice(1, -'Table'.length)}`;
      const found = definitions.find(({ logicalId }) => logicalId.startsWith(part));
      if (found === undefined) throw new Error(`no table ${part}`);
      return { ...found, name };
    }),
  );
  await copyTable(dynamodb, await scanTable(behind, 'TablesJobs'), RESTORED.jobsTable);

  const forgotten = { [IDEMPOTENCY_KEY]: 'forgotten' };
  const later = readLocation(await client.create(tenant, ids.slice(6), forgotten));
  await client.waitUntilEnded(later);
  await copyTable(dynamodb, await scanTable(behind, 'TablesTargetGroups'), RESTORED.targetGroupsTable);
  lost = 'none any more';
  const before = await readTargetGroups(dynamodb, RESTORED.targetGroupsTable, tenant, ids);

  // Its queues are new: no message of the original is in them.
  const stack = await startLocalStack({
    context: { ...TIMES, ...RESTORED, stackName: `Restored${process.pid}` },
    dynamodbEndpoint: emulators.dynamodb,
    sqsEndpoint: emulators.sqs,
  });
  resources.defer(() => stack.stop());
  const restored = await Client.signIn(stack.url);
  expect((await restored.get(ended)).text).toBe(endedBody);
  expect(readLocation(await restored.create(tenant, ids.slice(0, 2), { [IDEMPOTENCY_KEY]: 'ended' }))).toBe(
    ended,
  );

  expect((await restored.get(later)).status).toBe(404);
  expect(readLocation(await restored.create(tenant, ids.slice(6), forgotten))).toBe(later);
  expect(await restored.waitUntilEnded(later)).toMatchObject({ status: 'Completed' });

  await waitUntil(async () => {
    await stack.runSchedules();
    const { status } = JSON.parse((await restored.get(open)).text) as { status: string };
    return status === 'Completed';
  }, 500);

  // The issuer's keys were not restored: reconcile has stored them in a new table.
  expect(await scanTable({ ...stack, endpoints: emulators }, 'TablesKeySets')).toHaveLength(1);

  // Only what the open job had not moved before the restore was moved after it.
  const after = await readTargetGroups(dynamodb, RESTORED.targetGroupsTable, tenant, ids);
  const moved = ids.filter((id) => after.get(id)?.version !== before.get(id)?.version);
  expect(moved).toEqual([sorted[3]]);
  expect([...after.values()].map((group) => group?.status)).toEqual(ids.map(() => 'live'));
});

/** Writes items into a table that exists. */
async function copyTable(
  dynamodb: DynamoDBClient,
  items: readonly Record<string, unknown>[],
  table: string,
): Promise<void> {
  for (const item of items) {
    await dynamodb.send(new PutItemCommand({ TableName: table, Item: marshall(item) }));
  }
}

async function readTargetGroups(
  dynamodb: DynamoDBClient,
  table: string,
  tenant: Tenant,
  ids: readonly string[],
): Promise<Map<string, TargetGroup | undefined>> {
  const groups = new DynamoDBTargetGroups(dynamodb, table);
  return new Map(
    await Promise.all(
      ids.map(async (id) => [id, await groups.find({ ...tenant, targetGroupId: id })] as const),
    ),
  );
}
