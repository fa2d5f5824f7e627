/**
 * Tests what this release does with what a later one has stored. An item or message of a later format is
 * neither read nor changed (ADR 37). Attributes that a later release has added stay.
 */
import {
  type AttributeValue,
  DeleteItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DynamoDBBacklog } from '../../src/adapters/dynamodb/backlog.ts';
import { makeResultKey } from '../../src/adapters/dynamodb/job-item.ts';
import { decodeMessage } from '../../src/adapters/sqs/work-message.ts';
import { DynamoDBTargetGroups } from '../../src/adapters/dynamodb/target-groups.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import { getJob } from '../../src/application/get-job.ts';
import { runChunk } from '../../src/application/run-chunk.ts';
import { IdempotencyKeyReusedError } from '../../src/domain/errors.ts';
import type { Job } from '../../src/domain/job.ts';
import { RECORD_UNREADABLE } from '../../src/domain/outcome.ts';
import { Writer } from '../../tools/import/writer.ts';
import { AT, aLook } from '../support/builders.ts';
import {
  CLOCK,
  DEADLINE_MS,
  ENDED,
  GROUPS,
  IDS,
  KEY_SET,
  KEY_SOURCE,
  REMEMBERED,
  STARTED,
  type StoredItem,
  TRACE,
  makeChunk,
  makeGiveUps,
  openKeySets,
  openOnce,
  readRecorded,
  withCheckpoint,
} from '../support/formats/recorded-run.ts';
import { openDynamoDBJobStore } from '../support/jobs-table-ports.ts';
import { type TestTables, openTables } from '../support/test-tables.ts';

const RECORDED = readRecorded('format-1');
/** What an error says of an item or message of format 2. */
const UNKNOWN = { name: 'UnknownFormatError', evidence: { found: 2, known: 1 } };

let tables: TestTables;
beforeAll(async () => {
  tables = await openTables();
});
afterAll(() => tables.close());

/** A chunk with a claim, and one without. */
const [CHUNK, OTHER] = [makeChunk(STARTED, 0), makeChunk(STARTED, 1)];

type Kind =
  | 'ACCEPTED'
  | 'PASS'
  | 'key set'
  | 'META'
  | 'REQUEST'
  | 'RESULT'
  | 'project'
  | 'target group'
  | 'record of a creation';

function findKind(item: StoredItem): Kind {
  const { id, sk, pk } = item;
  if (item['key_set'] !== undefined) return 'key set';
  if (id !== undefined) return 'record of a creation';
  if (sk !== undefined) return sk.S?.split('#')[0] as Kind;
  return pk?.S?.split('#').length === 2 ? 'project' : 'target group';
}

/** Puts the recorded items into the tables, those of one kind, or of all, with other attributes. */
async function putRecorded(kind: Kind | 'all', attributes: Record<string, AttributeValue>): Promise<void> {
  // The one item that tests add.
  await tables.client.send(
    new DeleteItemCommand({ TableName: tables.jobs, Key: marshall(makeResultKey(OTHER)) }),
  );
  const inAnHour = { N: String(Math.floor(Date.now() / 1_000) + 3_600) };
  const { jobs, targetGroups, idempotency, keySets = [] } = RECORDED;
  const put = async (TableName: string, items: readonly StoredItem[]) => {
    for (const item of items) {
      const Item = kind === 'all' || findKind(item) === kind ? { ...item, ...attributes } : item;
      await tables.client.send(new PutItemCommand({ TableName, Item }));
    }
  };
  await put(tables.jobs, jobs);
  await put(tables.targetGroups, targetGroups);
  await put(tables.keySets, keySets);
  await put(
    tables.idempotency,
    idempotency.map((item) => ({ ...item, expiration: inAnHour })),
  );
}

/** Reads all items of a kind. */
async function scan(kind: Kind | 'all'): Promise<StoredItem[]> {
  const pages = await Promise.all(
    [tables.jobs, tables.targetGroups, tables.idempotency, tables.keySets].map((TableName) =>
      tables.client.send(new ScanCommand({ TableName, ConsistentRead: true })),
    ),
  );
  return pages
    .flatMap(({ Items = [] }) => Items)
    .filter((item) => kind === 'all' || findKind(item) === kind)
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

const openJobStore = () => openDynamoDBJobStore(tables.client, tables.jobs);
const openGroups = () => new DynamoDBTargetGroups(tables.client, tables.targetGroups);
const openDeps = () => ({
  ...openJobStore(),
  groups: openGroups(),
  clock: CLOCK,
  journal: { note: () => undefined },
  settings: { parallelism: 2, claimMs: 330_000, deadlineMs: DEADLINE_MS },
});
const MOVE = { action: 'resume', mark: 'the mark', now: AT, by: STARTED.createdBy } as const;

const withLook = (job: Job) => ({ ...job, look: job.look ?? aLook() });

/** An owner that holds the recorded claim. */
const OWNER = 'a worker';
/** After the end of the recorded claim. */
const LATER = Date.parse(AT) + 3_600_000;

describe('of a later format', () => {
  /** Puts items of format 2, runs all of `calls`, and checks that they left the items as they were. */
  async function expectUnchanged(kind: Kind, calls: () => Promise<void>): Promise<void> {
    await putRecorded(kind, { format: { N: '2' } });
    const before = await scan(kind);
    expect(before.map((item) => item['format'])).toEqual(before.map(() => ({ N: '2' })));
    await calls();
    expect(await scan(kind)).toEqual(before);
  }

  test('a job can be neither found, created again, nor changed', async () => {
    await expectUnchanged('META', async () => {
      const { jobs, openJobs } = openJobStore();
      await expect(jobs.find(STARTED, LATER)).rejects.toMatchObject(UNKNOWN);
      await expect(jobs.commit(STARTED, 'another', LATER)).rejects.toMatchObject(UNKNOWN);
      await expect(jobs.commit(STARTED, 'the creator', LATER)).rejects.toMatchObject(UNKNOWN);
      // Not undefined, which would say that the job is gone. Its message would be deleted.
      await expect(jobs.addChunk(CHUNK, false)).rejects.toMatchObject(UNKNOWN);
      await expect(jobs.addChunk(CHUNK, true)).rejects.toMatchObject(UNKNOWN);
      await expect(jobs.addOnlyChunk(CHUNK, false, LATER)).rejects.toMatchObject(UNKNOWN);
      expect(await openJobs.postpone(withLook(STARTED), aLook())).toBe(false);
      expect(await openJobs.close(STARTED, LATER)).toBe(false);
    });
  });

  test('a request cannot be read', async () => {
    await expectUnchanged('REQUEST', async () => {
      await expect(openJobStore().jobs.readRequest(STARTED)).rejects.toMatchObject(UNKNOWN);
    });
  });

  test('a chunk can be neither claimed, settled, released nor read', async () => {
    await expectUnchanged('RESULT', async () => {
      const { chunks } = openJobStore();
      // The recorded claim is over.
      await expect(chunks.claim(CHUNK, 'another', LATER, LATER + 1)).rejects.toMatchObject(UNKNOWN);
      await expect(chunks.claim(makeChunk(ENDED, 0), 'another', LATER, LATER + 1)).rejects.toMatchObject(
        UNKNOWN,
      );
      expect(await chunks.settle(CHUNK, OWNER, [], LATER)).toBe(false);
      await chunks.release(CHUNK, OWNER, LATER);
      await expect(chunks.readResults(STARTED)).rejects.toMatchObject(UNKNOWN);
      await expect(chunks.readResults(ENDED)).rejects.toMatchObject(UNKNOWN);
    });
  });

  test.each(['ACCEPTED', 'PASS'] as const)('the backlog is neither read nor changed: %s', async (kind) => {
    await expectUnchanged(kind, async () => {
      const backlog = new DynamoDBBacklog(tables.client, tables.jobs, DEADLINE_MS);
      await expect(backlog.estimate(CLOCK.now())).rejects.toMatchObject(UNKNOWN);
      if (kind === 'PASS') await expect(backlog.savePass(1, CLOCK.now())).rejects.toMatchObject(UNKNOWN);
      else await expect(backlog.addAccepted(1, Date.parse(AT))).rejects.toThrow('by a later release');
    });
  });

  test('the keys of the issuer are neither read nor replaced', async () => {
    await expectUnchanged('key set', async () => {
      const keySets = openKeySets(tables);
      await expect(keySets.find(KEY_SOURCE)).rejects.toMatchObject(UNKNOWN);
      expect(await keySets.save(KEY_SOURCE, { ...KEY_SET, fetchedAt: LATER })).toBe(false);
    });
  });

  test('a project is not taken for one that exists or does not', async () => {
    await expectUnchanged('project', async () => {
      await expect(openGroups().projectExists(STARTED)).rejects.toMatchObject(UNKNOWN);
    });
  });

  test('a target group can be neither read nor moved', async () => {
    await expectUnchanged('target group', async () => {
      for (const group of GROUPS) {
        await expect(openGroups().find(group)).rejects.toMatchObject(UNKNOWN);
        // The answer of dynalite to the refused move does not have the item, and the worker reads it.
        if (process.env['DYNAMODB_ENDPOINT'] === undefined)
          expect(await openGroups().move(group, MOVE)).toEqual({ moved: false });
        else await expect(openGroups().move(group, MOVE)).rejects.toMatchObject(UNKNOWN);
      }
    });
  });

  test('a target group is left as it is by an import, which says so', async () => {
    await expectUnchanged('target group', async () => {
      const [group] = GROUPS;
      if (group === undefined) throw new Error('there is no target group');
      const skipping = new Writer(tables.client, tables.targetGroups, 'skip');
      await skipping.put({ type: 'target_group', group });
      await skipping.flush();
      expect(skipping.counts).toEqual({ added: 0, updated: 0, skipped: 1 });
      const updating = new Writer(tables.client, tables.targetGroups, 'update');
      await updating.put({ type: 'target_group', group });
      await expect(updating.flush()).rejects.toThrow(/^Target group TARGETGR0VP\w+ was written by a later/);
      expect(updating.done).toBe(0);
    });
  });

  test('a target group ends as an InternalError, and its job ends', async () => {
    await putRecorded('target group', { format: { N: '2' } });
    const deps = openDeps();
    for (const work of cutIntoChunks(STARTED, IDS, [0, 1], TRACE)) {
      await runChunk(deps, { work, owner: 'another', stopAt: CLOCK.now() + 60_000 });
    }
    const { outcomes } = await getJob(deps, STARTED, 'resume', STARTED.jobId);
    expect(outcomes).toEqual(IDS.map((targetGroupId) => ({ targetGroupId, failure: RECORD_UNREADABLE })));
  });

  test('the memory of a creation counts as unknown, so that META decides', async () => {
    const [remembered] = RECORDED.idempotency;
    const data = { M: { ...remembered?.['data']?.M, format: { N: '2' } } };
    await putRecorded('record of a creation', { data });
    const refuse = () => Promise.reject(new Error('must not run'));
    const once = openOnce(tables);
    expect(await once.run(REMEMBERED, STARTED.bodyHash, refuse)).toMatchObject({
      kind: 'unknown',
      cause: UNKNOWN,
    });
    await expect(once.run(REMEMBERED, 'other', refuse)).rejects.toThrow(IdempotencyKeyReusedError);
  });

  test('a message is not decoded, however much of it is understood', () => {
    const [message = ''] = RECORDED.messages;
    const [giveUp] = makeGiveUps();
    const later = { ...(JSON.parse(message) as object), format: 2 };
    const laterGiveUp = { ...giveUp, format: 2, reason: 'a reason of a later release' };
    for (const body of [later, { format: 2 }, { give_up: laterGiveUp }, { give_up: { format: 2 } }]) {
      expect(() => decodeMessage(JSON.stringify(body))).toThrow(expect.objectContaining(UNKNOWN));
    }
  });

  test('the checkpoint of an import is not continued', async () => {
    const later = RECORDED.checkpoint.replace('"format":1', '"format":2');
    expect(later).not.toBe(RECORDED.checkpoint);
    await withCheckpoint(later, async (checkpoint) => {
      expect(await checkpoint.readDone()).toBe(0);
    });
  });
});

describe('what a later release has added', () => {
  const ADDED = { added_later: { S: 'by a later release' } };

  beforeEach(() => putRecorded('all', ADDED));

  test('to the items of a job, its target groups and the backlog stays when they change', async () => {
    const deps = openDeps();
    const { jobs, chunks, openJobs } = deps;
    expect(await openJobs.postpone(withLook(STARTED), aLook())).toBe(true);
    for (const work of cutIntoChunks(STARTED, IDS, [0, 1], TRACE)) {
      await runChunk(deps, { work, owner: 'another', stopAt: CLOCK.now() + 60_000 });
    }
    const { outcomes } = await getJob(deps, STARTED, 'resume', STARTED.jobId);
    expect(outcomes.map(({ failure }) => failure)).toEqual(IDS.map(() => undefined));
    expect(await jobs.find(STARTED, Date.now())).toHaveProperty('look', undefined);
    await chunks.release(CHUNK, 'another', LATER);
    await jobs.addOnlyChunk(OTHER, false, LATER);
    const backlog = new DynamoDBBacklog(tables.client, tables.jobs, DEADLINE_MS);
    await backlog.savePass(1, LATER);
    await backlog.addAccepted(1, Date.parse(AT));
    for (const item of await scan('all')) {
      // The second chunk was first claimed by this release.
      if (item['sk']?.S?.endsWith('#00001') && item['pk']?.S?.endsWith(STARTED.jobId)) continue;
      expect(item).toMatchObject(ADDED);
    }
  });

  test('to projects and target groups stays when they are imported again', async () => {
    for (const existing of ['skip', 'update'] as const) {
      const writer = new Writer(tables.client, tables.targetGroups, existing);
      for (const group of GROUPS) await writer.put({ type: 'target_group', group });
      await writer.flush();
    }
    for (const kind of ['project', 'target group'] as const) {
      for (const item of await scan(kind)) expect(item).toMatchObject(ADDED);
    }
  });
});

describe('a target group without a format', () => {
  test('is moved without one', async () => {
    const { targetGroups } = readRecorded('release-0.1.0');
    for (const Item of targetGroups) {
      await tables.client.send(new PutItemCommand({ TableName: tables.targetGroups, Item }));
    }
    expect(await openGroups().move({ ...STARTED, targetGroupId: IDS[0] ?? '' }, MOVE)).toEqual({
      moved: true,
    });
    for (const item of await scan('target group')) expect(item).not.toHaveProperty('format');
  });

  test('has format 1 after an update by the import', async () => {
    const { targetGroups } = readRecorded('release-0.1.0');
    for (const Item of targetGroups) {
      await tables.client.send(new PutItemCommand({ TableName: tables.targetGroups, Item }));
    }
    const writer = new Writer(tables.client, tables.targetGroups, 'update');
    for (const group of GROUPS) await writer.put({ type: 'target_group', group });
    await writer.flush();
    for (const item of await scan('target group')) expect(item).toMatchObject({ format: { N: '1' } });
  });
});
