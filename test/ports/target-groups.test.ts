/** Tests the promises of every adapter of the TargetGroups port, and those of the one on DynamoDB. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeEmulatorConfig } from '../../tools/kit/emulator.ts';
import { serveHttp } from '../../tools/kit/http-server.ts';
import { makeDynamoDBClient } from '../../src/adapters/dynamodb/dynamodb-client.ts';
import { makeProjectItem, makeTargetGroupItem } from '../../src/adapters/dynamodb/target-group-item.ts';
import { DynamoDBTargetGroups } from '../../src/adapters/dynamodb/target-groups.ts';
import { MemoryTargetGroups } from '../support/memory/target-groups.ts';
import { ACTION_NAMES, type Action } from '../../src/domain/actions.ts';
import { InconsistentStoreError, ThrottledError, UncertainWriteError } from '../../src/domain/errors.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { applyMove } from '../../src/domain/apply-move.ts';
import { decide } from '../../src/domain/outcome.ts';
import { FIELDING_RUN_STATUSES, MARKS_KEPT, type TargetGroup } from '../../src/domain/target-group.ts';
import type { TargetGroups } from '../../src/ports/target-groups.ts';
import { AT, NOW, TENANT, aTargetGroup, anId } from '../support/builders.ts';
import { makePropertySettings } from '../support/properties.ts';
import { type TestTables, openTables } from '../support/test-tables.ts';

interface OpenedTargetGroups {
  readonly groups: TargetGroups;
  put(group: TargetGroup): Promise<void>;
  addProject(tenant: Tenant): Promise<void>;
}

let tables: TestTables | undefined;

beforeAll(async () => {
  tables = await openTables();
});
afterAll(() => tables?.close());

function openDynamoDB(): OpenedTargetGroups {
  if (tables === undefined) throw new Error('there are no tables');
  const { client, targetGroups: TableName } = tables;
  const put = async (Item: ReturnType<typeof makeProjectItem>) => {
    await client.send(new PutItemCommand({ TableName, Item }));
  };
  return {
    groups: new DynamoDBTargetGroups(client, TableName),
    put: (group) => put(makeTargetGroupItem(group)),
    addProject: (tenant) => put(makeProjectItem(tenant)),
  };
}

function openMemory(): OpenedTargetGroups {
  const groups = new MemoryTargetGroups();
  return {
    groups,
    put: (group) => {
      groups.put(group);
      return Promise.resolve();
    },
    addProject: (tenant) => {
      groups.addProject(tenant);
      return Promise.resolve();
    },
  };
}

const ADAPTERS: [name: string, open: () => OpenedTargetGroups, bringsItems: () => boolean][] = [
  ['memory', openMemory, () => true],
  // dynalite brings no item with a failed condition, as AWS and DynamoDB Local do.
  ['DynamoDB', openDynamoDB, () => process.env['DYNAMODB_ENDPOINT'] !== undefined],
];

const BY = '0190a8f0-5b7e-7c3a-9d55-000000000001';
const makeMove = (mark = 'job-a', action: Action = 'resume') => ({ action, mark, now: AT, by: BY });

describe.each(ADAPTERS)('the target groups in %s', (_name, open, bringsItems) => {
  let opened: OpenedTargetGroups;
  beforeAll(() => {
    opened = open();
  });

  const addTargetGroup = async (overrides: Partial<TargetGroup> = {}): Promise<TargetGroup> => {
    const group = aTargetGroup(overrides);
    await opened.put(group);
    return group;
  };

  /** The answer to a refused move: with the target group as it was then, if the store brings it. */
  const makeRefusal = (found: TargetGroup) => ({ moved: false, ...(bringsItems() && { found }) });

  test('a target group is found as it was written', async () => {
    const group = await addTargetGroup({ marks: ['m1', 'm2'] });
    expect(await opened.groups.find(group)).toEqual(group);
  });

  test('an unknown target group is not found, nor is one of another tenant', async () => {
    const group = await addTargetGroup();
    expect(await opened.groups.find({ ...TENANT, targetGroupId: anId() })).toBeUndefined();
    expect(await opened.groups.find({ ...group, accountId: group.accountId + 1 })).toBeUndefined();
    expect(await opened.groups.find({ ...group, projectId: anId('P') })).toBeUndefined();
  });

  test('a project exists for its own account only', async () => {
    const tenant = { accountId: 7, projectId: anId('P') };
    expect(await opened.groups.projectExists(tenant)).toBe(false);
    await opened.addProject(tenant);
    expect(await opened.groups.projectExists(tenant)).toBe(true);
    expect(await opened.groups.projectExists({ ...tenant, accountId: 8 })).toBe(false);
  });

  test('a move changes status, version, author and time, and adds its mark', async () => {
    const group = await addTargetGroup({ marks: ['older'] });
    expect(await opened.groups.move(group, makeMove())).toEqual({ moved: true });
    expect(await opened.groups.find(group)).toEqual({
      ...group,
      status: 'live',
      version: group.version + 1,
      lastChangedAt: AT,
      lastChangedBy: BY,
      marks: ['job-a', 'older'],
    });
  });

  test('one of many concurrent moves of one job is made', async () => {
    const group = await addTargetGroup();
    const moved = await Promise.all(Array.from({ length: 20 }, () => opened.groups.move(group, makeMove())));
    expect(moved.filter((result) => result.moved)).toHaveLength(1);
    expect((await opened.groups.find(group))?.version).toBe(group.version + 1);
  });

  test('a job does not move a target group twice, even if a user paused it in between', async () => {
    const group = await addTargetGroup();
    await opened.groups.move(group, makeMove());
    const moved = await opened.groups.find(group);
    const paused = { ...group, ...moved, status: 'paused', version: group.version + 2 } as const;
    await opened.put(paused);
    expect(await opened.groups.move(group, makeMove())).toEqual(makeRefusal(paused));
    expect(await opened.groups.find(group)).toEqual(paused);
  });

  test(`a mark survives the moves of ${MARKS_KEPT - 1} other jobs`, async () => {
    let group = await addTargetGroup();
    for (let i = 0; i < MARKS_KEPT; i += 1) {
      expect(await opened.groups.move(group, makeMove(`job-${i}`))).toEqual({ moved: true });
      const moved = await opened.groups.find(group);
      group = { ...group, ...moved, status: 'paused' };
      await opened.put(group);
    }
    const newestFirst = Array.from({ length: MARKS_KEPT }, (_, i) => `job-${MARKS_KEPT - 1 - i}`);
    expect(group.marks).toEqual(newestFirst);
    expect(await opened.groups.move(group, makeMove('job-0'))).toEqual(makeRefusal(group));
    expect(await opened.groups.move(group, makeMove('job-new'))).toEqual({ moved: true });
    expect((await opened.groups.find(group))?.marks).toEqual(['job-new', ...newestFirst.slice(0, -1)]);
  });

  test('an unknown target group is neither moved nor created', async () => {
    const key = { ...TENANT, targetGroupId: anId() };
    expect(await opened.groups.move(key, makeMove())).toEqual({ moved: false });
    expect(await opened.groups.find(key)).toBeUndefined();
  });

  test('a target group is moved if the domain decides so, and is not written otherwise', async () => {
    const anyOverrides = fc.record({
      status: fc.constantFrom(...FIELDING_RUN_STATUSES),
      completesGoal: fc.integer({ min: 0, max: 3 }),
      currentCompletes: fc.integer({ min: 0, max: 3 }),
      startFieldingAt: fc
        .integer({ min: -9_000_000_000, max: -86_400_001 })
        .map((ms) => new Date(NOW + ms).toISOString()),
      endFieldingAt: fc
        .constantFrom(-86_400_000, -1, 0, 1, 86_400_000)
        .map((ms) => new Date(NOW + ms).toISOString()),
      marks: fc.uniqueArray(fc.constantFrom('job-a', 'job-b', 'job-c', 'job-d', 'job-e'), {
        maxLength: MARKS_KEPT,
      }),
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ACTION_NAMES), anyOverrides, async (action, overrides) => {
        const group = await addTargetGroup(overrides);
        const asked = makeMove('job-a', action);
        const should = decide(action, group, 'job-a', AT).kind === 'move';
        expect(await opened.groups.move(group, asked)).toEqual(should ? { moved: true } : makeRefusal(group));
        expect(await opened.groups.find(group)).toEqual(should ? applyMove(group, asked) : group);
      }),
      makePropertySettings(300),
    );
  });
});

test.each([
  ['version', { S: 'three' }],
  ['version', undefined],
  ['current_completes', undefined],
  ['status', { S: 'asleep' }],
  ['fielding_length', { S: 'a week' }],
  ['fielding_length', { N: '9e99' }],
  ['fielding_length', undefined],
])(
  'an item whose %s is %j can be neither read nor moved, and the error names the attribute',
  async (name, value) => {
    const { groups } = openDynamoDB();
    const group = aTargetGroup({ status: 'scheduled' });
    const rest = Object.entries(makeTargetGroupItem(group)).filter(([attribute]) => attribute !== name);
    const Item = { ...Object.fromEntries(rest), ...(value && { [name]: value }) };
    await tables?.client.send(new PutItemCommand({ TableName: tables.targetGroups, Item }));
    await expect(groups.find(group)).rejects.toThrow(InconsistentStoreError);
    await expect(groups.find(group)).rejects.toThrow(name);
    const moving = groups.move(group, makeMove('job-a', 'launch')).then(() => groups.find(group));
    await expect(moving).rejects.toThrow(InconsistentStoreError);
  },
);

test('a refused second attempt is uncertain, because the unanswered first one may still be carried out', async () => {
  if (tables === undefined) throw new Error('there are no tables');
  const { groups } = openDynamoDB();
  const { client } = tables;
  let tries = 0;
  client.middlewareStack.add(
    (next) => (args) => {
      tries += 1;
      // Fails like a broken connection, after which the SDK tries again.
      return tries === 1
        ? Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
        : next(args);
    },
    { step: 'deserialize', priority: 'low', name: 'breakFirst' },
  );
  const moving = groups.move({ ...TENANT, targetGroupId: anId() }, makeMove());
  await expect(moving).rejects.toThrow(UncertainWriteError);
  client.middlewareStack.remove('breakFirst');
  expect(tries).toBe(2);
});

test('a throttled move is reported as not carried out', async () => {
  await using throttling = await serveHttp(() => ({
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: '{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}',
  }));
  const client = makeDynamoDBClient({ ...makeEmulatorConfig(throttling.url), maxAttempts: 1 });
  const groups = new DynamoDBTargetGroups(client, 'any');
  await expect(groups.move(aTargetGroup(), makeMove())).rejects.toThrow(ThrottledError);
  client.destroy();
});
