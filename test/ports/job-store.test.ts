/** What every job store promises: one suite, run against each adapter. */
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DynamoDBJobStore } from '../../src/adapters/dynamodb/job-store.ts';
import { MemoryJobStore } from '../support/memory/job-store.ts';
import { InconsistentStoreError } from '../../src/domain/errors.ts';
import { type FailureGroup, type Job } from '../../src/domain/job.ts';
import { timestamp } from '../../src/domain/time.ts';
import type { JobStore, OpenJobs } from '../../src/ports/job-store.ts';
import { AT, NOW, TRACE, aJob, anId, chunkOf, ids } from '../support/builders.ts';
import { type TestTables, openTables } from '../support/tables.ts';

const DUE = timestamp(NOW + 600_000);
/** A claim of a chunk that was claimed before. */
const BEGUN = { kind: 'claimed', begun: true };

const FAILURES: FailureGroup[] = [
  { code: 'TargetGroupNotFound', description: 'Not there.', positions: [0, 2] },
  { code: 'StatusTransitionNotAllowed', description: 'It is a draft.', positions: [199] },
];

let tables: TestTables | undefined;

beforeAll(async () => {
  tables = await openTables();
});
afterAll(() => tables?.close());

const ADAPTERS: [string, () => JobStore][] = [
  ['memory', () => new MemoryJobStore()],
  [
    'DynamoDB',
    () => {
      if (tables === undefined) throw new Error('there are no tables');
      return new DynamoDBJobStore(tables.client, tables.jobs);
    },
  ],
];

describe.each(ADAPTERS)('the job store in %s', (_name, open) => {
  let store: JobStore;
  beforeAll(() => {
    store = open();
  });

  const committed = async (overrides: Partial<Job> = {}): Promise<Job> => {
    const job = aJob(overrides);
    expect(await store.commit(job, anId(), NOW, DUE)).toBe('created');
    return job;
  };

  describe('commit', () => {
    test('a committed job is found as it was written', async () => {
      const job = await committed();
      expect(await store.find(job, NOW)).toEqual(job);
    });

    test('the second to commit gets the job of the first', async () => {
      const job = await committed();
      const second = { ...job, bodyHash: 'another', createdAt: timestamp(NOW + 1) };
      expect(await store.commit(second, anId(), NOW, DUE)).toEqual(job);
      expect(await store.find(job, NOW)).toEqual(job);
    });

    test('of many who commit at once one creates the job', async () => {
      const job = aJob();
      const results = await Promise.all(ids(20).map((owner) => store.commit(job, owner, NOW, DUE)));
      expect(results.filter((result) => result === 'created')).toHaveLength(1);
    });

    test('who commits again under the same name is still the creator', async () => {
      const job = aJob();
      expect(await store.commit(job, 'me', NOW, DUE)).toBe('created');
      expect(await store.commit(job, 'me', NOW, DUE)).toBe('created');
    });

    test('a job whose life is over is not there, and its id is free', async () => {
      const job = await committed();
      const later = job.expiresAt * 1000;
      expect(await store.find(job, later - 1)).toEqual(job);
      expect(await store.find(job, later)).toBeUndefined();
      const next = { ...job, createdAt: timestamp(later), expiresAt: job.expiresAt + 86_400 };
      expect(await store.commit(next, anId(), later, DUE)).toBe('created');
      expect(await store.find(job, later)).toEqual(next);
    });

    test('an unknown job is not found', async () => {
      expect(await store.find(aJob(), NOW)).toBeUndefined();
    });

    test('a job of the same id of another account or project is another job, in all that it has', async () => {
      const job = await committed();
      const others = [
        { ...job, accountId: job.accountId + 1 },
        { ...job, projectId: anId('P') },
      ];
      await store.saveRequest(job, { ids: ids(1), trace: TRACE });
      await store.claim(chunkOf(job), 'me', NOW, NOW + 1000);
      await store.settle(chunkOf(job), 'me', [], NOW);
      for (const other of others) {
        expect(await store.find(other, NOW)).toBeUndefined();
        await expect(store.request(other)).rejects.toThrow(InconsistentStoreError);
        expect(await store.results(other)).toEqual([]);
        expect(await store.addSettled(chunkOf(other), false)).toBeUndefined();
        expect(await store.addOnly(chunkOf(other), false, NOW)).toBeUndefined();
        expect(await store.close(other, NOW)).toBe(false);
        expect(await store.postpone(other, DUE, DUE)).toBe('lost');
        expect(await store.commit(other, 'they', NOW, DUE)).toBe('created');
        expect(await store.find(other, NOW)).toEqual(other);
        expect(await store.claim(chunkOf(other), 'they', NOW, NOW + 1000)).toEqual({
          kind: 'claimed',
          begun: false,
        });
      }
      expect(await store.find(job, NOW)).toEqual(job);
      expect(await store.results(job)).toHaveLength(1);
    });
  });

  describe('request', () => {
    test('the ids and the trace come back', async () => {
      const job = await committed();
      const request = { ids: ids(3), trace: TRACE };
      await store.saveRequest(job, request);
      expect(await store.request(job)).toEqual(request);
    });

    test('10,000 ids fit', async () => {
      const job = await committed();
      const request = { ids: ids(10_000), trace: TRACE };
      await store.saveRequest(job, request);
      expect(await store.request(job)).toEqual(request);
    });

    test('a request with another hash touches nothing', async () => {
      const job = await committed();
      const request = { ids: ids(3), trace: TRACE };
      await store.saveRequest(job, request);
      await store.saveRequest({ ...job, bodyHash: 'another' }, { ids: ids(1), trace: TRACE });
      expect(await store.request(job)).toEqual(request);
    });

    test('what is saved and lives as long stays: neither its trace nor its life is changed', async () => {
      const job = await committed();
      const request = { ids: ids(3), trace: TRACE };
      await store.saveRequest(job, request);
      const other = { ...request, trace: { ...TRACE, tracestate: 'other=1' } };
      await store.saveRequest({ ...job, expiresAt: job.expiresAt - 1 }, other);
      await store.saveRequest(job, other);
      expect(await store.request(job)).toEqual(request);
      await store.saveRequest({ ...job, expiresAt: job.expiresAt + 1 }, other);
      expect(await store.request(job)).toEqual(other);
    });

    test('a job without its request is an error', async () => {
      const job = await committed();
      await expect(store.request(job)).rejects.toThrow(InconsistentStoreError);
    });
  });

  describe('claim', () => {
    test('a chunk is claimed by one of many', async () => {
      const chunk = chunkOf(aJob());
      const claims = await Promise.all(ids(20).map((owner) => store.claim(chunk, owner, NOW, NOW + 1000)));
      const kinds = claims.map(({ kind }) => kind).sort();
      expect(kinds).toEqual(['claimed', ...Array<string>(19).fill('taken')]);
    });

    test('a claim holds until its end, and no longer', async () => {
      const chunk = chunkOf(aJob());
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      expect(await store.claim(chunk, 'b', NOW + 999, NOW + 2000)).toEqual({ kind: 'taken' });
      expect(await store.claim(chunk, 'b', NOW + 1000, NOW + 2000)).toEqual(BEGUN);
    });

    test('who claims again under the same name holds the claim', async () => {
      const chunk = chunkOf(aJob());
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      expect(await store.claim(chunk, 'a', NOW, NOW + 1000)).toEqual(BEGUN);
    });

    test('to claim again does not prolong the claim', async () => {
      const chunk = chunkOf(aJob());
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      await store.claim(chunk, 'a', NOW + 500, NOW + 1500);
      expect(await store.claim(chunk, 'b', NOW + 1000, NOW + 2000)).toEqual(BEGUN);
    });

    test('a released chunk can be claimed from the time on that was given', async () => {
      const chunk = chunkOf(aJob());
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      await store.release(chunk, 'a', NOW + 10);
      expect(await store.claim(chunk, 'b', NOW + 9, NOW + 1000)).toEqual({ kind: 'taken' });
      expect(await store.claim(chunk, 'b', NOW + 10, NOW + 1000)).toEqual(BEGUN);
    });

    test('a released chunk can be claimed at once', async () => {
      const chunk = chunkOf(aJob());
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      await store.release(chunk, 'a', NOW);
      expect(await store.claim(chunk, 'b', NOW, NOW + 1000)).toEqual(BEGUN);
    });

    test('a claim that was taken over cannot be released by who lost it', async () => {
      const chunk = chunkOf(aJob());
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      await store.claim(chunk, 'b', NOW + 1000, NOW + 2000);
      await store.release(chunk, 'a', NOW);
      expect(await store.claim(chunk, 'c', NOW + 1001, NOW + 3000)).toEqual({ kind: 'taken' });
    });

    test('chunks of one job, and of two creations of one job, are apart', async () => {
      const job = aJob();
      const again = { ...job, createdAt: timestamp(NOW + 1) };
      for (const chunk of [chunkOf(job, 0), chunkOf(job, 1), chunkOf(again, 0)]) {
        expect(await store.claim(chunk, anId(), NOW, NOW + 1000)).toEqual({ kind: 'claimed', begun: false });
      }
    });
  });

  describe('settle', () => {
    test('the result of the owner stands, and can be read by all', async () => {
      const job = await committed();
      const chunk = chunkOf(job);
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      expect(await store.settle(chunk, 'a', FAILURES, NOW)).toBe(true);
      expect(await store.claim(chunk, 'b', NOW + 9000, NOW + 9999)).toEqual({
        kind: 'settled',
        failures: FAILURES,
      });
      await store.addSettled(chunk, false);
      const after = await store.find(job, NOW);
      expect(after && (await store.results(after))).toEqual([{ index: 0, failures: FAILURES }]);
    });

    test('a chunk that is only claimed has no result', async () => {
      const job = await committed();
      await store.claim(chunkOf(job, 0), 'a', NOW, NOW + 1000);
      await store.claim(chunkOf(job, 1), 'a', NOW, NOW + 1000);
      await store.settle(chunkOf(job, 1), 'a', [], NOW);
      expect(await store.results(job)).toEqual([{ index: 1, failures: [] }]);
    });

    test('more results than one page holds all come back', async () => {
      const job = await committed({ total: 6, chunkSize: 1 });
      // A page of DynamoDB is 1 MB.
      const large: FailureGroup = { code: 'InternalError', description: 'x'.repeat(250_000), positions: [0] };
      for (let index = 0; index < 6; index += 1) {
        await store.claim(chunkOf(job, index), 'a', NOW, NOW + 1000);
        await store.settle(chunkOf(job, index), 'a', [large], NOW);
      }
      const results = await store.results(job);
      expect(results.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    });

    test('nobody else can settle', async () => {
      const chunk = chunkOf(aJob());
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      expect(await store.settle(chunk, 'b', FAILURES, NOW)).toBe(false);
    });

    test('a chunk that nobody claimed cannot be settled', async () => {
      expect(await store.settle(chunkOf(aJob()), 'a', [], NOW)).toBe(false);
    });

    test('who was frozen and lost the claim settles nothing', async () => {
      const chunk = chunkOf(aJob());
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      await store.claim(chunk, 'b', NOW + 1000, NOW + 2000);
      expect(await store.settle(chunk, 'a', [], NOW + 1001)).toBe(false);
      expect(await store.settle(chunk, 'b', FAILURES, NOW + 1002)).toBe(true);
      expect(await store.settle(chunk, 'a', [], NOW + 1003)).toBe(false);
      expect(await store.claim(chunk, 'c', NOW + 9000, NOW + 9999)).toEqual({
        kind: 'settled',
        failures: FAILURES,
      });
    });

    test('while nobody took over, the owner settles even after the end of the claim', async () => {
      const chunk = chunkOf(aJob());
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      expect(await store.settle(chunk, 'a', [], NOW + 5000)).toBe(true);
    });

    test('the first result stands when the owner settles twice', async () => {
      const chunk = chunkOf(aJob());
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      await store.settle(chunk, 'a', FAILURES, NOW);
      expect(await store.settle(chunk, 'a', [], NOW)).toBe(true);
      expect(await store.claim(chunk, 'b', NOW + 9000, NOW + 9999)).toEqual({
        kind: 'settled',
        failures: FAILURES,
      });
    });

    test('a released claim leaves a result alone', async () => {
      const chunk = chunkOf(aJob());
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      await store.settle(chunk, 'a', FAILURES, NOW);
      await store.release(chunk, 'a', NOW);
      expect(await store.claim(chunk, 'b', NOW, NOW + 1000)).toEqual({ kind: 'settled', failures: FAILURES });
    });
  });

  describe('progress', () => {
    test('adding a chunk twice adds it once', async () => {
      const job = await committed();
      await store.addSettled(chunkOf(job, 1), false);
      const after = await store.addSettled(chunkOf(job, 1), false);
      expect(after).toEqual({ ...job, settled: new Set([1]) });
    });

    test('chunks that are added at once are all there', async () => {
      const job = await committed({ total: 2000, chunkSize: 100 });
      const indexes = [...Array(20).keys()];
      await Promise.all(indexes.map((index) => store.addSettled(chunkOf(job, index), index % 2 === 0)));
      const after = await store.find(job, NOW);
      expect(after?.settled).toEqual(new Set(indexes));
      expect(after?.broken).toEqual(new Set(indexes.filter((index) => index % 2 === 0)));
    });

    test('a chunk of an unknown job, or of an earlier creation, is added to nothing', async () => {
      const job = await committed();
      expect(await store.addSettled(chunkOf(aJob()), false)).toBeUndefined();
      expect(
        await store.addSettled({ ...chunkOf(job), createdAt: timestamp(NOW - 1) }, false),
      ).toBeUndefined();
      expect(await store.find(job, NOW)).toEqual(job);
    });

    test('failures of an earlier creation are not those of a later one', async () => {
      const job = await committed();
      const chunk = chunkOf(job);
      await store.claim(chunk, 'a', NOW, NOW + 1000);
      await store.settle(chunk, 'a', FAILURES, NOW);
      const again = { ...job, createdAt: timestamp(NOW + 1), settled: new Set([0]) };
      expect(await store.results(again)).toEqual([]);
    });

    test('a job is closed by one of many, and not open afterwards', async () => {
      const job = await committed();
      const closed = await Promise.all(Array.from({ length: 10 }, () => store.close(job, NOW)));
      expect(closed.filter(Boolean)).toHaveLength(1);
      expect(await store.find(job, NOW)).toEqual({ ...job, open: false });
    });
  });

  describe('the only chunk', () => {
    test('ends its job, once, however often it is added', async () => {
      const job = await committed({ total: 2, chunkSize: 2 });
      const after = { ...job, settled: new Set([0]), open: false };
      expect(await store.addOnly(chunkOf(job), false, NOW)).toEqual({ job: after, closed: true });
      expect(await store.addOnly(chunkOf(job), false, NOW + 1)).toEqual({ job: after, closed: false });
      expect(await store.close(job, NOW)).toBe(false);
      expect(await store.postpone(job, DUE, DUE)).toBe('lost');
      expect(await store.find(job, NOW)).toEqual(after);
    });

    test('ends its job for one of many, who all see it ended', async () => {
      const job = await committed({ total: 2, chunkSize: 2 });
      const after = { ...job, settled: new Set([0]), broken: new Set([0]), open: false };
      const added = await Promise.all(
        Array.from({ length: 10 }, () => store.addOnly(chunkOf(job), true, NOW)),
      );
      expect(added.map((each) => each?.job)).toEqual(Array(10).fill(after));
      expect(added.filter((each) => each?.closed)).toHaveLength(1);
      expect(await store.find(job, NOW)).toEqual(after);
    });

    test('is added to a job that is out of the index already', async () => {
      const job = await committed({ total: 2, chunkSize: 2 });
      await store.close(job, NOW);
      const after = { ...job, settled: new Set([0]), open: false };
      expect(await store.addOnly(chunkOf(job), false, NOW)).toEqual({ job: after, closed: false });
      expect(await store.find(job, NOW)).toEqual(after);
    });

    test('of an unknown job, or of an earlier creation, ends nothing', async () => {
      const job = await committed({ total: 2, chunkSize: 2 });
      const earlier = { ...chunkOf(job), createdAt: timestamp(NOW - 1) };
      expect(await store.addOnly(chunkOf(aJob()), false, NOW)).toBeUndefined();
      expect(await store.addOnly(earlier, false, NOW)).toBeUndefined();
      expect(await store.find(job, NOW)).toEqual(job);
    });
  });

  describe('due jobs', () => {
    /** The due jobs among those that a test made. */
    const dueAmong = async (made: readonly Job[], now: string, limit = 100) => {
      const found = [];
      let page = await store.due(now, limit);
      while (page.length > 0) {
        found.push(...page);
        page = await store.due(now, limit, page.at(-1));
      }
      return found.filter(({ jobId }) => made.some((job) => job.jobId === jobId)).map(({ jobId }) => jobId);
    };

    test('open jobs come when they are due, the longest due first, page by page', async () => {
      const made: Job[] = [];
      for (const minutes of [5, 1, 4, 2, 3]) {
        const job = aJob();
        await store.commit(job, anId(), NOW, timestamp(NOW + minutes * 60_000));
        made.push(job);
      }
      const order = [1, 3, 4, 2, 0].map((i) => made[i]?.jobId);
      expect(await dueAmong(made, timestamp(NOW + 59_999))).toEqual([]);
      expect(await dueAmong(made, timestamp(NOW + 180_000))).toEqual(order.slice(0, 3));
      expect(await dueAmong(made, timestamp(NOW + 300_000), 2)).toEqual(order);
    });

    test('a closed job is never due', async () => {
      const job = await committed();
      const small = await committed({ total: 2, chunkSize: 2 });
      await store.close(job, NOW);
      await store.addOnly(chunkOf(small), false, NOW);
      expect(await dueAmong([job, small], timestamp(NOW + 9e9))).toEqual([]);
    });

    test('unfinished jobs are counted, due or not, with the time of the oldest, page by page', async () => {
      /** All that are counted, in pages of `limit`; the suite's other jobs among them. */
      const counted = async (limit: number) => {
        let count = 0;
        let oldest = '9999';
        let next;
        do {
          const page: OpenJobs = await store.openJobs(limit, next);
          expect(page.count).toBeLessThanOrEqual(limit);
          expect(page.oldestCreatedAt === undefined).toBe(page.count === 0);
          count += page.count;
          if (page.oldestCreatedAt !== undefined && page.oldestCreatedAt < oldest)
            oldest = page.oldestCreatedAt;
          next = page.next;
        } while (next !== undefined);
        return { count, oldest };
      };
      const before = await counted(100);
      const old = await committed({ createdAt: timestamp(NOW - 86_400_000) });
      const others = [await committed(), await committed()];
      expect(await counted(2)).toEqual({ count: before.count + 3, oldest: old.createdAt });
      await store.postpone(old, DUE, timestamp(NOW + 9e9));
      await store.addSettled(chunkOf(old, 0), false);
      expect(await counted(100)).toEqual({ count: before.count + 3, oldest: old.createdAt });
      for (const job of [old, ...others]) await store.close(job, NOW);
      expect(await counted(100)).toEqual(before);
    });

    test('a postponed job is due later, and what it had settled is remembered', async () => {
      const job = await committed();
      const to = timestamp(NOW + 1_200_000);
      expect(await store.postpone(job, DUE, to)).toEqual({ settledBefore: 0 });
      expect(await dueAmong([job], DUE)).toEqual([]);
      expect(await dueAmong([job], to)).toEqual([job.jobId]);
      const progressed = await store.addSettled(chunkOf(job, 0), false);
      expect(progressed && (await store.postpone(progressed, to, AT))).toEqual({ settledBefore: 0 });
      expect(progressed && (await store.postpone(progressed, AT, DUE))).toEqual({ settledBefore: 1 });
    });

    test('a job is postponed by one of many', async () => {
      const job = await committed();
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, i) => store.postpone(job, DUE, timestamp(NOW + 700_000 + i))),
      );
      expect(results.filter((result) => result !== 'lost')).toHaveLength(1);
    });

    test('a closed job cannot be postponed back into the index', async () => {
      const job = await committed();
      await store.close(job, NOW);
      expect(await store.postpone(job, DUE, DUE)).toBe('lost');
    });
  });
});

test('in DynamoDB every item has its time to live, and every read is consistent', async () => {
  if (tables === undefined) throw new Error('there are no tables');
  const { client, jobs: table } = tables;
  const inputs: Record<string, unknown>[] = [];
  client.middlewareStack.add(
    (next) => (args) => {
      inputs.push(args.input as unknown as Record<string, unknown>);
      return next(args);
    },
    { step: 'initialize', name: 'record' },
  );
  const store = new DynamoDBJobStore(client, table);
  const job = aJob();
  await store.saveRequest(job, { ids: ids(1), trace: TRACE });
  await store.commit(job, 'a', NOW, DUE);
  await store.claim(chunkOf(job), 'a', NOW, NOW + 1000);
  await store.settle(chunkOf(job), 'a', [], NOW);
  await store.find(job, NOW);
  await store.request(job);
  await store.results(job);
  client.middlewareStack.remove('record');

  const reads = inputs.filter((input) => !('Item' in input) && !('UpdateExpression' in input));
  expect(reads).toHaveLength(3);
  for (const read of reads) expect(read['ConsistentRead']).toBe(true);
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `${job.accountId}#${job.projectId}#${job.jobId}` } },
    }),
  );
  expect(Items.map((item) => item['expires_at'])).toEqual(Array(3).fill({ N: String(job.expiresAt) }));
});
