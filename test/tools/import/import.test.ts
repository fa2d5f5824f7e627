/** Tests the import of target groups: which rows are written or skipped, and how it resumes after a stop. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { checkFile, importFile } from '../../../tools/import/import-file.ts';
import { UsageError } from '../../../tools/kit/tool-errors.ts';
import { makeTargetGroupItem } from '../../../src/adapters/dynamodb/target-group-item.ts';
import { DynamoDBTargetGroups } from '../../../src/adapters/dynamodb/target-groups.ts';
import type { TargetGroup } from '../../../src/domain/target-group.ts';
import { aTargetGroup, anId, makeIds } from '../../support/builders.ts';
import { makePropertySettings } from '../../support/properties.ts';
import { openTables, type TestTables } from '../../support/test-tables.ts';

const NOW = Date.UTC(2026, 0, 15);
const HEADER =
  'account_id,project_id,target_group_id,status,completes_goal,current_completes,start_fielding_at,end_fielding_at';

let folder = '';
let tables: TestTables;
let groups: DynamoDBTargetGroups;
let tenant = { accountId: 101, projectId: '' };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'import-'));
  tables = await openTables();
  groups = new DynamoDBTargetGroups(tables.client, tables.targetGroups);
});
afterAll(async () => {
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  tenant = { accountId: 101, projectId: anId('P') };
});

function writeTempFile(name: string, content: string): string {
  const file = join(mkdtempSync(join(folder, 'f-')), name);
  writeFileSync(file, content);
  return file;
}

function makeRow(targetGroupId: string, status = 'paused', goal = 100): string {
  return `${tenant.accountId},${tenant.projectId},${targetGroupId},${status},${goal},5,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z`;
}

const writeCsv = (...rows: string[]) => writeTempFile('groups.csv', [HEADER, ...rows].join('\n'));

interface RunOptions {
  readonly existing?: 'skip' | 'update';
  readonly signal?: AbortSignal;
  readonly started?: (done: number) => void;
}

function run(file: string, { existing = 'skip', signal, started }: RunOptions = {}) {
  const format = file.endsWith('.csv') ? 'csv' : 'jsonl';
  const to = { client: tables.client, table: tables.targetGroups, where: 'here', existing };
  const report = {
    start: (_: unknown, done: number) => started?.(done),
    progress: () => undefined,
    checking: () => undefined,
  };
  return importFile({ file, format, now: NOW }, to, report, signal);
}

const findTargetGroup = (targetGroupId: string) => groups.find({ ...tenant, targetGroupId });

/** Lets the first `writes` writes through and fails all later ones, until it is disposed of. */
function failAfter(
  writes: number,
  onWrite?: (count: number) => void,
): Disposable & { readonly sentKeys: string[] } {
  const sentKeys: string[] = [];
  tables.client.middlewareStack.add(
    (next, context) => (args) => {
      const { input } = args as { input: { Item?: { pk?: { S?: string } } } };
      if (context.commandName === 'PutItemCommand') {
        if (sentKeys.length >= writes) return Promise.reject(new Error('the table is gone'));
        sentKeys.push(input.Item?.pk?.S ?? '');
        onWrite?.(sentKeys.length);
      }
      return next(args);
    },
    { step: 'initialize', name: 'failAfter' },
  );
  return {
    sentKeys,
    [Symbol.dispose]: () => {
      tables.client.middlewareStack.remove('failAfter');
    },
  };
}

async function runFailing(writes: number, file: string, options: RunOptions = {}) {
  const failing = failAfter(writes);
  try {
    return await run(file, options);
  } finally {
    failing[Symbol.dispose]();
  }
}

test('rows become target groups, and their project is created', async () => {
  const [a = '', b = ''] = makeIds(2);
  const { counts, finished } = await run(writeCsv(makeRow(a), makeRow(b, 'scheduled')));
  expect({ counts, finished }).toEqual({ counts: { added: 2, updated: 0, skipped: 0 }, finished: true });
  expect(await findTargetGroup(a)).toEqual({
    ...tenant,
    targetGroupId: a,
    fieldingRunId: `R${a.slice(1)}`,
    status: 'paused',
    completesGoal: 100,
    currentCompletes: 5,
    startFieldingAt: '2026-01-01T00:00:00.000Z',
    endFieldingAt: '2026-02-01T00:00:00.000Z',
    version: 1,
    lastChangedAt: '2026-01-15T00:00:00.000Z',
    lastChangedBy: '00000000-0000-4000-8000-000000000000',
    marks: [],
  });
  expect(await findTargetGroup(b)).toMatchObject({ status: 'scheduled' });
  expect(await groups.projectExists(tenant)).toBe(true);
});

test('CSV and JSON Lines with the same content give the same target groups', async () => {
  const { accountId: account_id, projectId: project_id } = tenant;
  const common = { start_fielding_at: '2026-01-01T00:00:00Z', end_fielding_at: '2026-02-01T00:00:00Z' };
  const [a = '', b = ''] = makeIds(2);
  const run_id = anId('R');
  const record = {
    type: 'target_group',
    account_id,
    project_id,
    status: 'live',
    completes_goal: 7,
    current_completes: 0,
    fielding_run_id: run_id,
    ...common,
  };
  const lines = [
    { type: 'project', account_id, project_id },
    { ...record, target_group_id: a },
  ];
  const jsonl = writeTempFile('groups.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
  const quoted = writeTempFile(
    'groups.csv',
    '\ufeffstatus, target_group_id,type,account_id,project_id,completes_goal,current_completes,start_fielding_at,end_fielding_at,fielding_run_id\r\n' +
      `,,project,${account_id},${project_id},,,,,\r\n\r\n` +
      `"live","${b}",target_group,${account_id},${project_id},7,0,"2026-01-01T00:00:00Z",2026-02-01T00:00:00Z,${run_id}\r\n`,
  );
  expect(await checkFile({ file: quoted, format: 'csv', now: NOW })).toEqual({
    projects: 1,
    targetGroups: 1,
    repeated: 0,
    ignoredColumns: [],
  });
  await run(jsonl);
  await run(quoted);
  expect(await findTargetGroup(b)).toEqual({ ...(await findTargetGroup(a)), targetGroupId: b });
});

describe('a bad file', () => {
  const [a = '', b = '', c = ''] = makeIds(3);
  test.each<[string, () => string, RegExp]>([
    [
      'an unknown status, with line, field, found and expected',
      () => writeCsv(makeRow(a), makeRow(b, 'asleep')),
      /:3: status: found "asleep", expected one of draft,/,
    ],
    [
      'a short id, with the line in the file, which is not the row',
      () => writeCsv('', makeRow(a), '', makeRow('short')),
      /:5: target_group_id: found "short", expected 26 characters/,
    ],
    [
      'a malformed number',
      () => writeCsv(makeRow(a).replace(',100,', ',many,')),
      /:2: completes_goal: found "many", expected a whole number/,
    ],
    [
      'an empty cell',
      () => writeCsv(makeRow(a).replace(',100,', ',,')),
      /:2: completes_goal: found nothing, expected a whole number/,
    ],
    [
      'a row with a cell too many',
      () => writeCsv(makeRow(a), `${makeRow(b)},1`),
      /:3: found 9 cells, "1" among them, expected 8/,
    ],
    [
      'a header without a field',
      () => writeTempFile('g.csv', `${HEADER.replace('status', 'state')}\n${makeRow(a)}`),
      /:1: found the columns "account_id", .*, expected also status/,
    ],
    [
      'an unknown field in JSON Lines',
      () => writeTempFile('g.jsonl', '{"type":"project","account_id":1,"project_id":"x","colour":"red"}'),
      /:1: project_id: found "x".*colour: not a field/,
    ],
    [
      'a number that may be a thousand times as much',
      () => writeCsv(makeRow(a).replace(',100,', ',1.000,')),
      /:2: completes_goal: found "1.000", expected a whole number/,
    ],
    [
      'a number that is not exact',
      () => writeCsv(makeRow(a).replace(',100,', ',9007199254740990.9999999,')),
      /:2: completes_goal: found "9007199254740990.9999999", expected a whole number/,
    ],
    ['an open quote', () => writeCsv(makeRow(a), `"${'x'.repeat(200_000)}`), /:\d+: not CSV: /],
    [
      'a bad line of JSON',
      () => writeTempFile('g.jsonl', '\n{"type":'),
      /:2: found {"type":, expected a JSON object/,
    ],
  ])('is refused for %s, and nothing is written', async (_name, file, message) => {
    using watch = failAfter(Infinity);
    const importing = run(file());
    await expect(importing).rejects.toThrow(message);
    await expect(importing).rejects.toThrow(UsageError);
    expect(watch.sentKeys).toEqual([]);
  });

  test('is refused when it does not exist', async () => {
    await expect(run(join(folder, 'nowhere.csv'))).rejects.toThrow(UsageError);
    expect(c).toHaveLength(26);
  });
});

describe('a target group that exists already', () => {
  let group: TargetGroup;
  beforeEach(async () => {
    group = aTargetGroup({ ...tenant, status: 'live', version: 9, marks: ['job-2', 'job-1'] });
    await tables.client.send(
      new PutItemCommand({ TableName: tables.targetGroups, Item: makeTargetGroupItem(group) }),
    );
  });

  test('is skipped, because a job or a user may have moved it since', async () => {
    const { counts } = await run(writeCsv(makeRow(group.targetGroupId), makeRow(anId())));
    expect(counts).toEqual({ added: 1, updated: 0, skipped: 1 });
    expect(await findTargetGroup(group.targetGroupId)).toEqual(group);
  });

  test('becomes what the file says with --existing update; its version grows and its marks stay', async () => {
    const { counts } = await run(writeCsv(makeRow(group.targetGroupId, 'completed', 7)), {
      existing: 'update',
    });
    expect(counts).toEqual({ added: 0, updated: 1, skipped: 0 });
    expect(await findTargetGroup(group.targetGroupId)).toEqual({
      ...group,
      status: 'completed',
      completesGoal: 7,
      startFieldingAt: '2026-01-01T00:00:00.000Z',
      endFieldingAt: '2026-02-01T00:00:00.000Z',
      lastChangedAt: '2026-01-15T00:00:00.000Z',
      lastChangedBy: '00000000-0000-4000-8000-000000000000',
      version: 10,
    });
  });
});

test('a target group twice with the same values is said, and written once', async () => {
  const [a = '', b = ''] = makeIds(2);
  const file = writeCsv(makeRow(a), makeRow(b), makeRow(a), '', makeRow(a));
  expect(await checkFile({ file, format: 'csv', now: NOW })).toMatchObject({ targetGroups: 4, repeated: 2 });
  expect((await run(file)).counts).toEqual({ added: 2, updated: 0, skipped: 2 });
});

test('a target group twice with other values is refused, in any format and whatever --existing says', async () => {
  const id = anId();
  const file = writeCsv(makeRow(id, 'draft'), makeRow(anId()), makeRow(id, 'live'));
  const problem = `:4: target_group_id: found "${id}" with other values than in line 2, expected it once`;
  await expect(run(file)).rejects.toThrow(problem);
  await expect(run(file, { existing: 'update' })).rejects.toThrow(problem);
  expect(await findTargetGroup(id)).toBeUndefined();
});

async function catchFaults(file: string): Promise<string[]> {
  const error: unknown = await run(file).catch((caught: unknown) => caught);
  return (error as Error).message.split('\n');
}

test('the first twenty faults are reported, and how many more there are', async () => {
  const rows = Array.from({ length: 30 }, (_, i) => makeRow(`x${i}`));
  const lines = await catchFaults(writeCsv(makeRow(anId()), ...rows));
  expect(lines).toHaveLength(21);
  expect(lines[0]).toMatch(/groups\.csv:3: target_group_id: found "x0"/);
  expect(lines[19]).toMatch(/groups\.csv:22: target_group_id: found "x19"/);
  expect(lines[20]).toBe('and 10 more');
});

test('a fault that ends the file is reported after those before it', async () => {
  expect(await catchFaults(writeCsv(makeRow('x'), `"${makeRow(anId())}`))).toEqual([
    expect.stringMatching(/:2: target_group_id: found "x"/),
    expect.stringMatching(/:3: not CSV: found a quote that is not closed/),
  ]);
});

test('columns that are no fields are ignored, and said', async () => {
  const id = anId();
  const file = writeTempFile('g.csv', `colour,${HEADER}, Note \nred,${makeRow(id)},"a, b"`);
  expect(await checkFile({ file, format: 'csv', now: NOW })).toMatchObject({
    ignoredColumns: ['colour', 'Note'],
  });
  await run(file);
  expect(await findTargetGroup(id)).toMatchObject({ status: 'paused' });
});

describe('an import that stops', () => {
  test('resumes where it stopped: each target group is written once and none is missing', async () => {
    const stop = fc.integer({ min: 0, max: 140 });
    await fc.assert(
      fc.asyncProperty(stop, async (writes) => {
        tenant = { accountId: 101, projectId: anId('P') };
        const all = makeIds(120);
        const file = writeCsv(...all.map((id) => makeRow(id)));
        // The project takes one of the writes.
        const importing = expect(runFailing(writes, file));
        if (writes >= 121) {
          await importing.resolves.toMatchObject({ finished: true });
          return;
        }
        await importing.rejects.toThrow('the table is gone');
        let done = -1;
        const { counts } = await run(file, { started: (records) => (done = records) });
        // Up to 64 writes in flight may have been made without being counted as done.
        expect(done).toBeGreaterThanOrEqual(Math.max(0, writes - 1 - 64));
        expect(done).toBeLessThanOrEqual(Math.max(0, writes - 1));
        expect(counts.added).toBe(120 - Math.max(0, writes - 1));
        expect(counts.added + counts.skipped).toBe(120 - done);
        for (const id of all) expect(await findTargetGroup(id)).toMatchObject({ version: 1 });
        expect(existsSync(`${file}.import.json`)).toBe(false);
      }),
      makePropertySettings(5),
    );
  });

  test('finishes the writes in flight when it is interrupted', async () => {
    const stop = new AbortController();
    const all = makeIds(200);
    const file = writeCsv(...all.map((id) => makeRow(id)));
    using watch = failAfter(Infinity, (count) => {
      if (count === 50) stop.abort();
    });
    const first = await run(file, { signal: stop.signal });
    expect(first.finished).toBe(false);
    expect(first.counts.added).toBe(watch.sentKeys.length - 1);
    let done = 0;
    const second = await run(file, { started: (records) => (done = records) });
    expect(done).toBe(first.counts.added);
    expect(second).toEqual({ counts: { added: 200 - done, updated: 0, skipped: 0 }, finished: true });
  });

  test('starts over when the file or an option has changed', async () => {
    const [a = '', b = ''] = makeIds(2);
    const file = writeCsv(makeRow(a), makeRow(b));
    await expect(runFailing(2, file)).rejects.toThrow('the table is gone');
    const starts: number[] = [];
    const started = (done: number) => starts.push(done);
    await expect(runFailing(0, file, { started, existing: 'update' })).rejects.toThrow('the table is gone');
    writeFileSync(file, [HEADER, makeRow(b), makeRow(a)].join('\n'));
    await expect(runFailing(0, file, { started })).rejects.toThrow('the table is gone');
    expect(starts).toEqual([0, 0]);
  });
});

test('an import whose progress cannot be stored beside the file ends before it writes anything', async () => {
  const [id = ''] = makeIds(1);
  const file = writeCsv(makeRow(id));
  // Not a mode: the tests may run as root.
  mkdirSync(`${file}.import.json.new`);
  await expect(run(file)).rejects.toThrow(/import\.json: the progress of the import cannot be stored/);
  await expect(run(file)).rejects.toThrow(UsageError);
  expect(await findTargetGroup(id)).toBeUndefined();
});
