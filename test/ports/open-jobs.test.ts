/** Tests the promises of every adapter of the OpenJobs port; the suite runs against each adapter. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Job } from '../../src/domain/job.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import type { OpenJobsPage } from '../../src/ports/open-jobs.ts';
import { AT, NOW, aJob, anId, makeChunkKey } from '../support/builders.ts';
import type { JobStore } from '../support/jobs-table-ports.ts';
import { commitJob, DUE, JOB_STORES } from './suite-adapters.ts';

describe.each(JOB_STORES)('the open jobs in %s', (_name, open) => {
  let store: JobStore;
  beforeAll(() => {
    store = open();
  });

  const commitAJob = (overrides: Partial<Job> = {}) => commitJob(store, overrides);

  describe('due jobs', () => {
    /** Returns the ids of the due jobs among those that a test made. */
    const findDueAmong = async (made: readonly Job[], now: string, limit = 100) => {
      const found = [];
      let page = await store.openJobs.findDue(now, limit);
      while (page.length > 0) {
        found.push(...page);
        page = await store.openJobs.findDue(now, limit, page.at(-1));
      }
      return found.filter(({ jobId }) => made.some((job) => job.jobId === jobId)).map(({ jobId }) => jobId);
    };

    test('due jobs are returned page by page, the longest due first', async () => {
      const made: Job[] = [];
      for (const minutes of [5, 1, 4, 2, 3]) {
        const job = aJob();
        await store.jobs.commit(job, anId(), NOW, formatTimestamp(NOW + minutes * 60_000));
        made.push(job);
      }
      const order = [1, 3, 4, 2, 0].map((i) => made[i]?.jobId);
      expect(await findDueAmong(made, formatTimestamp(NOW + 59_999))).toEqual([]);
      expect(await findDueAmong(made, formatTimestamp(NOW + 180_000))).toEqual(order.slice(0, 3));
      expect(await findDueAmong(made, formatTimestamp(NOW + 300_000), 2)).toEqual(order);
    });

    test('a closed job is never due', async () => {
      const job = await commitAJob();
      const small = await commitAJob({ total: 2, chunkSize: 2 });
      await store.openJobs.close(job, NOW);
      await store.jobs.addOnlyChunk(makeChunkKey(small), false, NOW);
      expect(await findDueAmong([job, small], formatTimestamp(NOW + 9e9))).toEqual([]);
    });

    test('open jobs are counted page by page, due or not, with the creation time of the oldest', async () => {
      /** Counts all open jobs in pages of `limit`, including those of other tests of the suite. */
      const countAll = async (limit: number) => {
        let count = 0;
        let oldest = '9999';
        let next;
        do {
          const page: OpenJobsPage = await store.openJobs.count(limit, next);
          expect(page.count).toBeLessThanOrEqual(limit);
          expect(page.oldestCreatedAt === undefined).toBe(page.count === 0);
          count += page.count;
          if (page.oldestCreatedAt !== undefined && page.oldestCreatedAt < oldest)
            oldest = page.oldestCreatedAt;
          next = page.next;
        } while (next !== undefined);
        return { count, oldest };
      };
      const before = await countAll(100);
      const old = await commitAJob({ createdAt: formatTimestamp(NOW - 86_400_000) });
      const others = [await commitAJob(), await commitAJob()];
      expect(await countAll(2)).toEqual({ count: before.count + 3, oldest: old.createdAt });
      await store.openJobs.postpone(old, DUE, formatTimestamp(NOW + 9e9));
      await store.jobs.addChunk(makeChunkKey(old, 0), false);
      expect(await countAll(100)).toEqual({ count: before.count + 3, oldest: old.createdAt });
      for (const job of [old, ...others]) await store.openJobs.close(job, NOW);
      expect(await countAll(100)).toEqual(before);
    });

    test('a postponed job is due later, and the number of its settled chunks is remembered', async () => {
      const job = await commitAJob();
      const to = formatTimestamp(NOW + 1_200_000);
      expect(await store.openJobs.postpone(job, DUE, to)).toEqual({ settledBefore: 0 });
      expect(await findDueAmong([job], DUE)).toEqual([]);
      expect(await findDueAmong([job], to)).toEqual([job.jobId]);
      const progressed = await store.jobs.addChunk(makeChunkKey(job, 0), false);
      expect(progressed && (await store.openJobs.postpone(progressed, to, AT))).toEqual({ settledBefore: 0 });
      expect(progressed && (await store.openJobs.postpone(progressed, AT, DUE))).toEqual({
        settledBefore: 1,
      });
    });

    test('one of many concurrent calls postpones a job', async () => {
      const job = await commitAJob();
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          store.openJobs.postpone(job, DUE, formatTimestamp(NOW + 700_000 + i)),
        ),
      );
      expect(results.filter((result) => result !== 'lost')).toHaveLength(1);
    });

    test('a closed job cannot be postponed back into the index', async () => {
      const job = await commitAJob();
      await store.openJobs.close(job, NOW);
      expect(await store.openJobs.postpone(job, DUE, DUE)).toBe('lost');
    });

    test('one of many concurrent calls closes a job, which is not open afterwards', async () => {
      const job = await commitAJob();
      const closed = await Promise.all(Array.from({ length: 10 }, () => store.openJobs.close(job, NOW)));
      expect(closed.filter(Boolean)).toHaveLength(1);
      expect(await store.jobs.find(job, NOW)).toEqual({ ...job, open: false });
    });
  });
});
