/** Tests the promises of every adapter of the OpenJobs port; the suite runs against each adapter. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { makeMetaKey } from '../../src/adapters/dynamodb/job-item.ts';
import { OPEN_JOBS_SHARDS, computeShard } from '../../src/domain/digest.ts';
import type { Job, Look } from '../../src/domain/job.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import type { OpenJob, PageStart } from '../../src/ports/open-jobs.ts';
import { NOW, aJob, aLook, anId, makeChunkKey } from '../support/builders.ts';
import { type JobStore, openDynamoDBJobStore } from '../support/jobs-table-ports.ts';
import { commitJob, getSuiteTables, JOB_STORES } from './suite-adapters.ts';

/** Finds an account in the shard of another, whose digits begin with those of the other. */
function findNeighbour(accountId: number): number {
  for (let tail = 0; ; tail += 1) {
    const neighbour = Number(`${accountId}${tail}`);
    if (computeShard(neighbour) === computeShard(accountId)) return neighbour;
  }
}

/** What the index shows of a job. */
function makeEntry({ accountId, projectId, jobId, createdAt, action, total, look }: Job): OpenJob {
  return { accountId, projectId, jobId, createdAt, dueAt: look?.dueAt ?? '', action, total };
}

const withLook = (job: Job, look: Look = aLook()) => ({ ...job, look });

describe.each(JOB_STORES)('the open jobs in %s', (_name, open) => {
  let store: JobStore;
  beforeAll(() => {
    store = open();
  });

  const commitAJob = (overrides: Partial<Job> = {}) => commitJob(store, overrides);

  /** Reads a shard to its end in pages of `limit`. */
  async function readPages(shard: number, limit: number, after?: PageStart): Promise<OpenJob[][]> {
    const pages: OpenJob[][] = [];
    let start = after;
    do {
      const { jobs, next } = await store.openJobs.readShard(shard, limit, start);
      pages.push([...jobs]);
      start = next;
    } while (start !== undefined);
    return pages;
  }

  const readAll = async (accountId: number) => (await readPages(computeShard(accountId), 100)).flat();

  describe('the pages of a shard', () => {
    // 10 is the beginning of the other number, as text. The other is nobody else's account in this suite.
    const [small, large] = [10, findNeighbour(10)];
    let made: OpenJob[];

    beforeAll(async () => {
      const jobs: Job[] = [];
      for (const [accountId, minutes] of [
        [large, 2],
        [small, 3],
        [large, 1],
        [small, 1],
        [small, 2],
      ] as const) {
        const createdAt = formatTimestamp(NOW + minutes * 60_000);
        jobs.push(await commitAJob({ accountId, createdAt, total: minutes }));
      }
      made = [3, 4, 1, 2, 0].map((i) => jobs[i]).flatMap((job) => (job ? [makeEntry(job)] : []));
    });

    test('have all jobs in the order of account and creation, with what the index holds of them', async () => {
      expect(computeShard(large)).toBe(computeShard(small));
      expect(await readPages(computeShard(small), 100)).toEqual([made]);
    });

    test('follow each other', async () => {
      const pages = await readPages(computeShard(small), 2);
      expect(pages.flat()).toEqual(made);
      expect(pages.slice(0, 3).map((page) => page.length)).toEqual([2, 2, 1]);
      // Of three full pages the store may learn only by a fourth that there is none.
      expect((await readPages(computeShard(small), 5)).flat()).toEqual(made);
    });

    test('begin behind a job', async () => {
      for (const [i, job] of made.entries()) {
        expect((await readPages(computeShard(small), 100, job)).flat()).toEqual(made.slice(i + 1));
      }
    });

    test('begin behind a job that has left the index', async () => {
      const [job] = made;
      const gone = { ...job, accountId: small, jobId: '0'.repeat(26) };
      expect((await readPages(computeShard(small), 100, gone)).flat()).toEqual(made);
    });

    test('begin behind all jobs of an account', async () => {
      const behindSmall = await readPages(computeShard(small), 100, { accountId: small });
      expect(behindSmall.flat()).toEqual(made.slice(3));
      expect((await readPages(computeShard(small), 100, { accountId: large })).flat()).toEqual([]);
    });

    test('have no job of another shard', async () => {
      for (let shard = 0; shard < OPEN_JOBS_SHARDS; shard += 1) {
        const jobs = (await readPages(shard, 100)).flat();
        for (const { accountId } of jobs) expect(computeShard(accountId)).toBe(shard);
      }
    });

    test('an account has its own jobs only, the oldest first', async () => {
      expect(await store.openJobs.readAccount(small, 100)).toEqual(made.slice(0, 3));
      expect(await store.openJobs.readAccount(small, 2)).toEqual(made.slice(0, 2));
      expect(await store.openJobs.readAccount(large, 100)).toEqual(made.slice(3));
      expect(await store.openJobs.readAccount(1, 100)).toEqual([]);
    });
  });

  describe('a job', () => {
    test('that is closed is gone from the index', async () => {
      const accountId = 2_001;
      const job = await commitAJob({ accountId });
      const small = await commitAJob({ accountId, total: 2, chunkSize: 2 });
      expect(await readAll(accountId)).toHaveLength(2);
      await store.openJobs.close(job, NOW);
      await store.jobs.addOnlyChunk(makeChunkKey(small), false, NOW);
      expect(await store.openJobs.readAccount(accountId, 100)).toEqual([]);
      expect((await readAll(accountId)).filter((each) => each.accountId === accountId)).toEqual([]);
    });

    test('is in the index once when its id is used again', async () => {
      const accountId = 2_002;
      const job = await commitAJob({ accountId });
      const later = job.expiresAt * 1000;
      const again = aJob({
        ...job,
        createdAt: formatTimestamp(later),
        expiresAt: job.expiresAt + 86_400,
        look: aLook({ dueAt: formatTimestamp(later + 1) }),
      });
      expect(await store.jobs.commit(again, anId(), later)).toBe('created');
      expect(await store.openJobs.readAccount(accountId, 100)).toEqual([makeEntry(again)]);
    });

    test('of an earlier generation can be neither postponed nor closed', async () => {
      const job = await commitAJob();
      const earlier = withLook({ ...job, createdAt: formatTimestamp(NOW - 1) });
      expect(await store.openJobs.postpone(earlier, aLook({ resends: 1 }))).toBe(false);
      expect(await store.openJobs.close(earlier, NOW)).toBe(false);
      expect(await store.jobs.find(job, NOW)).toEqual(job);
    });

    test('keeps its place in the index when a chunk is added to it', async () => {
      const accountId = 2_003;
      const job = await commitAJob({ accountId });
      await store.jobs.addChunk(makeChunkKey(job, 0), false);
      expect(await store.openJobs.readAccount(accountId, 100)).toEqual([makeEntry(job)]);
    });

    test('that is postponed has the whole look, and the index its time', async () => {
      const accountId = 2_004;
      const job = await commitAJob({ accountId });
      const first = { dueAt: formatTimestamp(NOW + 1_200_000), settled: 1, resends: 2, giveUps: 0 };
      const second = { dueAt: formatTimestamp(NOW + 2_400_000), settled: 3, resends: 2, giveUps: 4 };
      expect(await store.openJobs.postpone(withLook(job), first)).toBe(true);
      expect(await store.jobs.find(job, NOW)).toEqual({ ...job, look: first });
      expect(await store.openJobs.postpone(withLook(job, first), second)).toBe(true);
      expect(await store.jobs.find(job, NOW)).toEqual({ ...job, look: second });
      expect(await store.openJobs.readAccount(accountId, 100)).toEqual([makeEntry(withLook(job, second))]);
    });

    test('is postponed by one of many concurrent calls, whose look stays', async () => {
      const job = await commitAJob();
      const looks = Array.from({ length: 10 }, (_, i) =>
        aLook({ dueAt: formatTimestamp(NOW + 700_000 + i), resends: i }),
      );
      const results = await Promise.all(looks.map((look) => store.openJobs.postpone(withLook(job), look)));
      expect(results.filter(Boolean)).toHaveLength(1);
      expect((await store.jobs.find(job, NOW))?.look).toEqual(looks[results.indexOf(true)]);
    });

    test('that was closed cannot be postponed back into the index', async () => {
      const job = await commitAJob();
      await store.openJobs.close(job, NOW);
      expect(await store.openJobs.postpone(withLook(job), aLook({ resends: 1 }))).toBe(false);
      expect(await store.jobs.find(job, NOW)).toEqual({ ...job, look: undefined });
    });

    test('is closed by one of many concurrent calls, and is not open afterwards', async () => {
      const job = await commitAJob();
      const closed = await Promise.all(Array.from({ length: 10 }, () => store.openJobs.close(job, NOW)));
      expect(closed.filter(Boolean)).toHaveLength(1);
      expect(await store.jobs.find(job, NOW)).toEqual({ ...job, look: undefined });
    });
  });
});

describe('in DynamoDB', () => {
  /** Changes attributes of a job's META item by hand. */
  async function setAttributes(job: Job, attributes: Readonly<Record<string, unknown>>): Promise<void> {
    const { client, jobs: TableName } = getSuiteTables();
    const names = Object.keys(attributes);
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: marshall(makeMetaKey(job)),
        UpdateExpression: `SET ${names.map((_, i) => `#${i} = :${i}`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(names.map((name, i) => [`#${i}`, name])),
        ExpressionAttributeValues: marshall(
          Object.fromEntries(names.map((name, i) => [`:${i}`, attributes[name]])),
        ),
      }),
    );
  }

  test('a job that is damaged, or has an action of a later release, does not hide the others', async () => {
    const { client, jobs } = getSuiteTables();
    const store = openDynamoDBJobStore(client, jobs);
    const accountId = 2_005;
    const made = [1, 2, 3].map((second) =>
      aJob({ accountId, createdAt: formatTimestamp(NOW + second * 1_000) }),
    );
    for (const job of made) await store.jobs.commit(job, anId(), NOW);
    const [damaged, later, good] = made.map(makeEntry);
    await setAttributes(made[0] ?? aJob(), { due_at: 5, total: 'many', action: ['resume'] });
    await setAttributes(made[1] ?? aJob(), { format: 2, action: 'rewind' });
    const found = await store.openJobs.readAccount(accountId, 100);
    expect(found).toEqual([
      // Due at once, so that reconcile reads the job and says what is wrong.
      { ...damaged, dueAt: '', action: undefined, total: undefined },
      { ...later, action: undefined },
      good,
    ]);
    const { jobs: shard } = await store.openJobs.readShard(computeShard(accountId), 100);
    expect(shard).toEqual(expect.arrayContaining(found));
  });

  test('an entry with a damaged key that ends a page does not end the pass, nor make it endless', async () => {
    const { client, jobs } = getSuiteTables();
    const store = openDynamoDBJobStore(client, jobs);
    const accountId = 2_006;
    const made = [1, 2].map((second) =>
      aJob({ accountId, createdAt: formatTimestamp(NOW + second * 1_000) }),
    );
    for (const job of made) await store.jobs.commit(job, anId(), NOW);
    await setAttributes(made[0] ?? aJob(), { open_key: '~' });
    const found: string[] = [];
    let start: PageStart | undefined;
    do {
      const page = await store.openJobs.readShard(computeShard(accountId), 1, start);
      found.push(...page.jobs.map(({ jobId }) => jobId));
      start = page.next;
    } while (start !== undefined && found.length < 100);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(expect.arrayContaining(made.map(({ jobId }) => jobId)));
  });
});
