/**
 * Tests that what a release has stored is read for good: items, messages and files as they were recorded, in
 * `test/support/formats/`. A recorded file never changes. When a release stores something else, its own
 * record is added, and the older ones are still read.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';
import { type AttributeValue, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DynamoDBBacklog } from '../../src/adapters/dynamodb/backlog.ts';
import { decodeMessage } from '../../src/adapters/sqs/work-message.ts';
import { makeMetaKey } from '../../src/adapters/dynamodb/job-item.ts';
import { DynamoDBTargetGroups } from '../../src/adapters/dynamodb/target-groups.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import { getJob } from '../../src/application/get-job.ts';
import { runChunk } from '../../src/application/run-chunk.ts';
import { IdempotencyKeyReusedError } from '../../src/domain/errors.ts';
import { makeMark } from '../../src/domain/outcome.ts';
import {
  ACCEPTED_SINCE,
  DONE,
  CLOCK,
  DEADLINE_MS,
  ENDED,
  FAILURES,
  GROUPS,
  IDS,
  KEY_SET,
  KEY_SOURCE,
  OPEN_AT_PASS,
  REMEMBERED,
  type Recorded,
  STARTED,
  TRACE,
  makeChunk,
  makeGiveUps,
  openKeySets,
  openOnce,
  readRecorded,
  recordStored,
  withCheckpoint,
} from '../support/formats/recorded-run.ts';
import { openDynamoDBJobStore } from '../support/jobs-table-ports.ts';
import { type TestTables, openTables } from '../support/test-tables.ts';

/** Replaces what differs between two recordings: times of the clock, and bytes that depend on the machine. */
function makeComparable({ jobs, idempotency, ...rest }: Recorded) {
  return {
    ...rest,
    jobs: jobs.map(({ ids, ...item }) => ({ ...item, ids: ids && inflateRawSync(ids.B ?? '').toString() })),
    idempotency: idempotency.map((item) => ({
      ...item,
      expiration: 'a time',
      in_progress_expiration: 'a time',
    })),
  };
}

let tables: TestTables;
beforeEach(async () => {
  tables = await openTables();
});
afterEach(() => tables.close());

async function put(TableName: string, items: readonly Record<string, AttributeValue>[]): Promise<void> {
  for (const Item of items) await tables.client.send(new PutItemCommand({ TableName, Item }));
}

function openAdapters() {
  const store = openDynamoDBJobStore(tables.client, tables.jobs);
  return { ...store, groups: new DynamoDBTargetGroups(tables.client, tables.targetGroups) };
}

test('what this release stores is what is recorded of format 1', async () => {
  expect(makeComparable(await recordStored(tables))).toEqual(makeComparable(readRecorded('format-1')));
});

/** Release 0.1.0 stored neither a deadline nor what this release notes about an open job. */
const ADDED = { deadlineAt: undefined, look: undefined };

test('an open job of release 0.1.0 is looked at once it has the keys of the index, as docs/restoring.md says', async () => {
  await put(tables.jobs, readRecorded('release-0.1.0').jobs);
  const page = await readFile(new URL('../../docs/restoring.md', import.meta.url), 'utf8');
  const commands = /# PK and CREATED_AT[^]*?(?=```)/.exec(page)?.[0] ?? '';
  // The command line of AWS is not here: its arguments are printed, each on a line.
  const script = `aws() { printf '%s\\n' "$@"; }\n${commands}`;
  const env = {
    ...process.env,
    JOBS: tables.jobs,
    PK: makeMetaKey(STARTED).pk,
    CREATED_AT: STARTED.createdAt,
  };
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { env });
  const printed = stdout.trim().split('\n');
  const argument = (name: string) => printed[printed.indexOf(name) + 1] ?? '';
  await tables.client.send(
    new UpdateItemCommand({
      TableName: argument('--table-name'),
      Key: JSON.parse(argument('--key')) as Record<string, AttributeValue>,
      UpdateExpression: argument('--update-expression'),
      ConditionExpression: argument('--condition-expression'),
      ExpressionAttributeValues: JSON.parse(argument('--expression-attribute-values')) as Record<
        string,
        AttributeValue
      >,
    }),
  );
  const { jobs, openJobs } = openAdapters();
  const [open] = await openJobs.readAccount(STARTED.accountId, 10);
  expect(open).toMatchObject({ jobId: STARTED.jobId, createdAt: STARTED.createdAt });
  const { look } = (await jobs.find(STARTED, Date.now())) ?? {};
  expect(look).toEqual({ dueAt: open?.dueAt, settled: 0, resends: 0, giveUps: 0 });
});

describe.each([
  { name: 'release-0.1.0', started: { ...STARTED, ...ADDED }, ended: { ...ENDED, ...ADDED } },
  { name: 'format-1', started: STARTED, ended: ENDED },
])('what $name has stored', ({ name, started, ended }) => {
  const recorded = readRecorded(name);

  test('of jobs is read', async () => {
    await put(tables.jobs, recorded.jobs);
    const { jobs, chunks, openJobs } = openAdapters();
    expect(await jobs.find(STARTED, Date.now())).toEqual(started);
    expect(await jobs.find(ENDED, Date.now())).toEqual(ended);
    expect(await jobs.readRequest(STARTED)).toEqual({ ids: IDS, trace: TRACE });
    expect(await chunks.readResults(STARTED)).toEqual([]);
    expect(await chunks.readResults(ENDED)).toEqual([
      { index: 0, failures: FAILURES },
      { index: 1, failures: [] },
    ]);
    const { accountId, projectId, jobId, createdAt, action, total } = started;
    expect(await openJobs.readAccount(accountId, 10)).toEqual(
      // The index of release 0.1.0 is another one.
      started.look === undefined
        ? []
        : [{ accountId, projectId, jobId, createdAt, dueAt: started.look.dueAt, action, total }],
    );
  });

  test('of the backlog is read', async () => {
    await put(tables.jobs, recorded.jobs);
    const backlog = new DynamoDBBacklog(tables.client, tables.jobs, DEADLINE_MS);
    // Release 0.1.0 had none.
    const expected = started.look === undefined ? 0 : OPEN_AT_PASS + ACCEPTED_SINCE;
    expect(await backlog.estimate(CLOCK.now())).toBe(expected);
  });

  test("of the issuer's keys is read", async () => {
    await put(tables.keySets, recorded.keySets ?? []);
    // Release 0.1.0 kept none.
    const expected = recorded.keySets === undefined ? undefined : KEY_SET;
    expect(await openKeySets(tables).find(KEY_SOURCE)).toEqual(expected);
  });

  test('of target groups is read', async () => {
    await put(tables.targetGroups, recorded.targetGroups);
    const { groups } = openAdapters();
    expect(await groups.projectExists(STARTED)).toBe(true);
    for (const group of GROUPS) expect(await groups.find(group)).toEqual(group);
  });

  test('of a creation is remembered', async () => {
    const inAnHour = { N: String(Math.floor(Date.now() / 1_000) + 3_600) };
    await put(
      tables.idempotency,
      recorded.idempotency.map((item) => ({ ...item, expiration: inAnHour })),
    );
    const once = openOnce(tables);
    const refuse = () => Promise.reject(new Error('must not run'));
    expect(await once.run(REMEMBERED, STARTED.bodyHash, refuse)).toEqual({ kind: 'replayed' });
    await expect(once.run(REMEMBERED, 'other', refuse)).rejects.toThrow(IdempotencyKeyReusedError);
  });

  test('in the queue is read', () => {
    expect(recorded.messages.map(decodeMessage)).toEqual(
      cutIntoChunks(started, IDS, [0, 1], TRACE).map((work) => ({ kind: 'chunk', work })),
    );
    expect(recorded.giveUps?.map(decodeMessage)).toEqual(
      started.deadlineAt && makeGiveUps().map((work) => ({ kind: 'give-up', work })),
    );
  });

  test('of an import is continued', async () => {
    await withCheckpoint(recorded.checkpoint, async (checkpoint) => {
      expect(await checkpoint.readDone()).toBe(DONE);
    });
  });

  test('of a job is worked on to its end', async () => {
    await put(tables.jobs, recorded.jobs);
    await put(tables.targetGroups, recorded.targetGroups);
    const adapters = openAdapters();
    const deps = {
      ...adapters,
      clock: CLOCK,
      journal: { note: () => undefined },
      settings: { parallelism: 2, claimMs: 330_000, deadlineMs: DEADLINE_MS },
    };
    for (const { work } of recorded.messages.map(decodeMessage)) {
      await runChunk(deps, { work, owner: 'another worker', stopAt: CLOCK.now() + 60_000 });
    }
    const { outcomes } = await getJob(deps, STARTED, 'resume', STARTED.jobId);
    expect(outcomes).toEqual(IDS.map((targetGroupId) => ({ targetGroupId })));
    const marks = await Promise.all(
      GROUPS.map(async (group) => (await adapters.groups.find(group))?.marks.includes(makeMark(STARTED))),
    );
    // The last one was live already.
    expect(marks).toEqual([true, true, false]);
    expect(await adapters.chunks.claim(makeChunk(STARTED, 0), 'a worker', 0, 1)).toMatchObject({
      kind: 'settled',
    });
  });
});
