/** Tests data files: which records are accepted or refused, and what is written. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { checkData, writeData } from '../../../tools/local/data/seed.ts';
import { generateDemoRecords } from '../../../tools/local/data/demo.ts';
import { type DataRecord, parseLine } from '../../../tools/import/records.ts';
import { BatchWriter } from '../../../tools/local/data/write.ts';
import { DataFileError, UsageError } from '../../../tools/kit/tool-errors.ts';
import { DynamoDBTargetGroups } from '../../../src/adapters/dynamodb/target-groups.ts';
import { ID_PATTERN } from '../../../src/domain/ids.ts';
import { openTables, type TestTables } from '../../support/test-tables.ts';

const NOW = Date.UTC(2026, 0, 15);
const PROJECT = 'PR0JECT0000000000000000001';
const GROUP = 'TARGETGR0VP000000000000001';

const project = { type: 'project', account_id: 101, project_id: PROJECT };
const group = {
  type: 'target_group',
  account_id: 101,
  project_id: PROJECT,
  target_group_id: GROUP,
  status: 'paused',
  completes_goal: 100,
  current_completes: 5,
  start_fielding_at: '2026-01-01T00:00:00Z',
  end_fielding_at: '2026-12-31T01:00:00+01:00',
};

interface BatchWrite {
  readonly input: {
    readonly RequestItems: Readonly<Record<string, { PutRequest: { Item: { pk: { S: string } } } }[]>>;
  };
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'data-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function writeDataFile(...lines: unknown[]): string {
  const file = join(folder, `${Math.random()}.jsonl`);
  writeFileSync(
    file,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
  return file;
}

function parse(value: unknown): DataRecord {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return parseLine('data.jsonl', { number: 7, text }, new Date(NOW).toISOString());
}

test('a line can be a project', () => {
  expect(parse(project)).toEqual({ type: 'project', tenant: { accountId: 101, projectId: PROJECT } });
});

test('a line can be a target group, whose times are converted to the stored form', () => {
  expect(parse(group)).toMatchObject({
    type: 'target_group',
    group: {
      accountId: 101,
      targetGroupId: GROUP,
      fieldingRunId: expect.stringMatching(ID_PATTERN),
      status: 'paused',
      startFieldingAt: '2026-01-01T00:00:00.000Z',
      endFieldingAt: '2026-12-31T00:00:00.000Z',
      version: 1,
      lastChangedAt: '2026-01-15T00:00:00.000Z',
    },
  });
});

describe('the error for a bad line names file, line, field, what was found and what was expected', () => {
  const omitField = (field: string) =>
    Object.fromEntries(Object.entries(group).filter(([name]) => name !== field));
  test.each<[unknown, string]>([
    ['{"type":', 'found {"type":, expected a JSON object'],
    ['[1]', 'found [1], expected a JSON object'],
    ['null', 'found null, expected a JSON object'],
    [{ ...project, type: 'job' }, 'type: found "job", expected project or target_group'],
    [{}, 'type: found nothing, expected project or target_group'],
    [
      { ...project, account_id: '101' },
      'account_id: found "101", expected a whole number from 1 to 2147483647',
    ],
    [{ ...project, account_id: 0 }, 'account_id: found 0, expected a whole number from 1 to 2147483647'],
    [
      { ...project, account_id: 2 ** 31 },
      'account_id: found 2147483648, expected a whole number from 1 to 2147483647',
    ],
    [{ ...project, project_id: 'short' }, 'project_id: found "short", expected 26 characters of 0-9 and A-Z'],
    [{ ...project, extra: 1 }, 'extra: not a field of this type'],
    [omitField('target_group_id'), 'target_group_id: found nothing, expected 26 characters of 0-9 and A-Z'],
    [
      { ...group, status: 'paussed' },
      'status: found "paussed", expected one of draft, scheduled, live, paused, completed, archived',
    ],
    [
      { ...group, completes_goal: 1.5 },
      'completes_goal: found 1.5, expected a whole number from 0 to 9007199254740991',
    ],
    [
      { ...group, current_completes: -1 },
      'current_completes: found -1, expected a whole number from 0 to 9007199254740991',
    ],
    [
      { ...group, end_fielding_at: 'soon' },
      'end_fielding_at: found "soon", expected a time like 2026-01-31T12:00:00Z',
    ],
    [
      { ...group, start_fielding_at: '2026-02-30T00:00:00Z' },
      'start_fielding_at: found "2026-02-30T00:00:00Z", expected a time like 2026-01-31T12:00:00Z',
    ],
    [
      { ...group, end_fielding_at: '2026-01-01T00:00:00Z' },
      'end_fielding_at: found "2026-01-01T00:00:00Z", expected a time after start_fielding_at',
    ],
    [
      { ...group, fielding_run_id: 'r1' },
      'fielding_run_id: found "r1", expected 26 characters of 0-9 and A-Z',
    ],
    [
      { ...group, status: 5, completes_goal: null },
      'status: found 5, expected one of draft, scheduled, live, paused, completed, archived; completes_goal: found null, expected a whole number from 0 to 9007199254740991',
    ],
  ])('for the line %j', (line, message) => {
    const attempt = () => parse(line);
    expect(attempt).toThrow(DataFileError);
    expect(attempt).toThrow(`data.jsonl:7: ${message}`);
  });

  test('in one line of limited length, without control characters', () => {
    const attempt = () => parse({ ...project, project_id: `\u001b[31m\n${'x'.repeat(1_000)}` });
    expect(attempt).toThrow(/^[^\p{Cc}]{1,200}$/u);
  });
});

test('the whole file is checked, and line numbers count blank lines', async () => {
  const file = writeDataFile(project, '', group, { ...group, status: 'odd' });
  await expect(checkData({ file }, NOW)).rejects.toThrow(`${file}:4: status: found "odd"`);
});

test('a byte order mark, other line ends and a missing last line end are accepted', async () => {
  const file = writeDataFile(`\uFEFF${JSON.stringify(project)}\r`, `${JSON.stringify(group)}\r`, '  ');
  expect(await checkData({ file }, NOW)).toMatchObject({ records: 2 });
});

test('a file without line ends is refused before it fills the memory', async () => {
  const file = writeDataFile('x'.repeat(300_000));
  await expect(checkData({ file }, NOW)).rejects.toThrow(/:1: longer than 100000 characters/);
});

test('an empty file is refused', async () => {
  await expect(checkData({ file: writeDataFile() }, NOW)).rejects.toThrow(
    'found nothing (it is empty), expected text',
  );
});

test.each(['/nowhere/data.jsonl', tmpdir()])('%s is refused, because it is no file', async (file) => {
  await expect(checkData({ file }, NOW)).rejects.toThrow(UsageError);
});

describe('the sample of a file', () => {
  const id = (n: number) => `TARGETGR0VP00000000000000${n}`;
  test('is its first project with up to three paused target groups, wherever their lines are', async () => {
    const other = { ...group, project_id: 'PR0JECT0000000000000000009', target_group_id: id(9) };
    const groups = [1, 2, 3, 4, 5].map((n) => ({
      ...group,
      target_group_id: id(n),
      status: n === 1 ? 'live' : 'paused',
    }));
    const { sample } = await checkData({ file: writeDataFile(other, ...groups, project) }, NOW);
    expect(sample).toEqual({
      tenant: { accountId: 101, projectId: PROJECT },
      targetGroupIds: [id(2), id(3), id(4)],
    });
  });

  test('has other target groups when none is paused', async () => {
    const { sample } = await checkData({ file: writeDataFile(project, { ...group, status: 'live' }) }, NOW);
    expect(sample?.targetGroupIds).toEqual([GROUP]);
  });

  test.each([[[project]], [[group]]])(
    'is missing without a project that has a target group: %j',
    async (lines) => {
      expect((await checkData({ file: writeDataFile(...lines) }, NOW)).sample).toBeUndefined();
    },
  );
});

test('the demo data has about 1,000 target groups in every status and situation', async () => {
  const records = [...generateDemoRecords(NOW)];
  const groups = records.flatMap((record) => (record.type === 'target_group' ? [record.group] : []));
  expect(groups.length).toBeGreaterThan(900);
  expect(
    groups.every(
      ({ targetGroupId, projectId }) =>
        ID_PATTERN.test(targetGroupId + projectId) ||
        (ID_PATTERN.test(targetGroupId) && ID_PATTERN.test(projectId)),
    ),
  ).toBe(true);
  expect(new Set(groups.map(({ status }) => status)).size).toBe(6);
  const paused = groups.filter(({ status }) => status === 'paused');
  expect(paused.some(({ currentCompletes, completesGoal }) => currentCompletes >= completesGoal)).toBe(true);
  expect(paused.some(({ endFieldingAt }) => Date.parse(endFieldingAt) <= NOW)).toBe(true);
  expect(new Set(groups.map(({ targetGroupId }) => targetGroupId)).size).toBe(groups.length);
  const { sample } = await checkData({}, NOW);
  expect(sample?.targetGroupIds).toHaveLength(3);
});

test('the demo data has as many target groups as are asked for, spread over its projects', () => {
  for (const size of [1, 2, 1_000, 25_000]) {
    const groups = [...generateDemoRecords(NOW, size)].flatMap((record) =>
      record.type === 'target_group' ? [record.group] : [],
    );
    expect(new Set(groups.map(({ targetGroupId }) => targetGroupId)).size).toBe(size);
    expect(groups.every(({ targetGroupId }) => ID_PATTERN.test(targetGroupId))).toBe(true);
    const projects = Map.groupBy(groups, ({ projectId }) => projectId);
    const sizes = [...projects.values()].map(({ length }) => length);
    if (size > 2) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  }
});

test('a target group twice with other values is refused', async () => {
  const file = writeDataFile(project, group, group, '', { ...group, status: 'live' });
  await expect(checkData({ file }, NOW)).rejects.toThrow(
    `${file}:5: target_group_id: found "${GROUP}" with other values than in line 2, expected it once`,
  );
});

describe('written records', () => {
  let tables: TestTables;
  beforeAll(async () => {
    tables = await openTables();
  });
  afterAll(() => tables.close());

  test('are found by the adapter of the functions, and of two with one key the last one stays', async () => {
    const many = Array.from({ length: 60 }, (_, n) => ({
      ...group,
      target_group_id: `G${String(n).padStart(25, '0')}`,
    }));
    const file = writeDataFile(project, group, ...many, { ...group, current_completes: 77 });
    await writeData({ file }, NOW, {
      dynamodb: tables.client,
      table: tables.targetGroups,
      inUse: false,
    });
    const store = new DynamoDBTargetGroups(tables.client, tables.targetGroups);
    const tenant = { accountId: 101, projectId: PROJECT };
    expect(await store.projectExists(tenant)).toBe(true);
    expect(await store.find({ ...tenant, targetGroupId: GROUP })).toMatchObject({ currentCompletes: 77 });
    expect(await store.find({ ...tenant, targetGroupId: many[59]?.target_group_id ?? '' })).toMatchObject({
      status: 'paused',
      completesGoal: 100,
    });
  });
});

test('a record is not written before an earlier one with its key', async () => {
  const first = Promise.withResolvers<object>();
  const batches: string[][] = [];
  const client = {
    send: ({ input }: BatchWrite) => {
      batches.push((input.RequestItems['table'] ?? []).map(({ PutRequest }) => PutRequest.Item.pk.S));
      return batches.length === 1 ? first.promise : Promise.resolve({});
    },
  };
  const writer = new BatchWriter(client as unknown as DynamoDBClient, 'table');
  const put = (projectId: string) => writer.put({ type: 'project', tenant: { accountId: 1, projectId } });
  for (let n = 0; n < 25; n++) await put(`A${n}`);
  // Another batch may overtake the first one, but not a batch that shares a key with it.
  for (let n = 0; n < 25; n++) await put(`B${n}`);
  for (let n = 0; n < 24; n++) await put(`C${n}`);
  const held = put('A3');
  expect(batches.map(([key]) => key)).toEqual(['1#A0', '1#B0']);
  first.resolve({});
  await held;
  await writer.flush();
  expect(batches.map(([key]) => key)).toEqual(['1#A0', '1#B0', '1#C0']);
});

test('only the records that DynamoDB leaves unprocessed are written again', async () => {
  const written: string[] = [];
  let calls = 0;
  const client = {
    send: (command: BatchWrite) => {
      const requests = command.input.RequestItems['table'] ?? [];
      calls += 1;
      const left = calls <= 2 ? requests.slice(-2) : [];
      written.push(
        ...requests.slice(0, requests.length - left.length).map(({ PutRequest }) => PutRequest.Item.pk.S),
      );
      return Promise.resolve({ UnprocessedItems: left.length > 0 ? { table: left } : {} });
    },
  };
  const writer = new BatchWriter(client as unknown as DynamoDBClient, 'table');
  for (const projectId of ['A', 'B', 'C', 'D']) {
    await writer.put({ type: 'project', tenant: { accountId: 1, projectId } });
  }
  await writer.flush();
  expect(written).toEqual(['1#A', '1#B', '1#C', '1#D']);
  expect(calls).toBe(3);
});
