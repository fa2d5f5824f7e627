/** Tests the promises of every adapter of the Chunks port; the suite runs against each adapter. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { FailureGroup, Job } from '../../src/domain/job.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import { NOW, aJob, anId, makeChunkKey, makeIds } from '../support/builders.ts';
import type { JobStore } from '../support/jobs-table-ports.ts';
import { commitJob, FAILURES, JOB_STORES } from './suite-adapters.ts';

/** The answer to a claim of a chunk that was claimed before. */
const BEGUN = { kind: 'claimed', begun: true };

describe.each(JOB_STORES)('the chunks in %s', (_name, open) => {
  let store: JobStore;
  beforeAll(() => {
    store = open();
  });

  const commitAJob = (overrides: Partial<Job> = {}) => commitJob(store, overrides);

  describe('claim', () => {
    test('one of many concurrent owners gets the claim', async () => {
      const chunk = makeChunkKey(aJob());
      const claims = await Promise.all(
        makeIds(20).map((owner) => store.chunks.claim(chunk, owner, NOW, NOW + 1000)),
      );
      const kinds = claims.map(({ kind }) => kind).sort();
      expect(kinds).toEqual(['claimed', ...Array<string>(19).fill('taken')]);
    });

    test('a claim holds until its end and no longer', async () => {
      const chunk = makeChunkKey(aJob());
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      expect(await store.chunks.claim(chunk, 'b', NOW + 999, NOW + 2000)).toEqual({
        kind: 'taken',
        until: NOW + 1000,
      });
      expect(await store.chunks.claim(chunk, 'b', NOW + 1000, NOW + 2000)).toEqual(BEGUN);
    });

    test('an owner that claims again still holds the claim', async () => {
      const chunk = makeChunkKey(aJob());
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      expect(await store.chunks.claim(chunk, 'a', NOW, NOW + 1000)).toEqual(BEGUN);
    });

    test('a second claim by the owner does not prolong the first', async () => {
      const chunk = makeChunkKey(aJob());
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      await store.chunks.claim(chunk, 'a', NOW + 500, NOW + 1500);
      expect(await store.chunks.claim(chunk, 'b', NOW + 1000, NOW + 2000)).toEqual(BEGUN);
    });

    test('a released claim ends at the time that its owner gives', async () => {
      const chunk = makeChunkKey(aJob());
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      await store.chunks.release(chunk, 'a', NOW + 10);
      expect(await store.chunks.claim(chunk, 'b', NOW + 9, NOW + 1000)).toEqual({
        kind: 'taken',
        until: NOW + 10,
      });
      expect(await store.chunks.claim(chunk, 'b', NOW + 10, NOW + 1000)).toEqual(BEGUN);
    });

    test('a claim that is released with the present time ends at once', async () => {
      const chunk = makeChunkKey(aJob());
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      await store.chunks.release(chunk, 'a', NOW);
      expect(await store.chunks.claim(chunk, 'b', NOW, NOW + 1000)).toEqual(BEGUN);
    });

    test('an owner that lost its claim cannot release it', async () => {
      const chunk = makeChunkKey(aJob());
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      await store.chunks.claim(chunk, 'b', NOW + 1000, NOW + 2000);
      await store.chunks.release(chunk, 'a', NOW);
      expect(await store.chunks.claim(chunk, 'c', NOW + 1001, NOW + 3000)).toEqual({
        kind: 'taken',
        until: NOW + 2000,
      });
    });

    test('chunks of one job, and of two generations of one job, have separate claims', async () => {
      const job = aJob();
      const again = { ...job, createdAt: formatTimestamp(NOW + 1) };
      for (const chunk of [makeChunkKey(job, 0), makeChunkKey(job, 1), makeChunkKey(again, 0)]) {
        expect(await store.chunks.claim(chunk, anId(), NOW, NOW + 1000)).toEqual({
          kind: 'claimed',
          begun: false,
        });
      }
    });
  });

  describe('settle', () => {
    test('the result of the owner is kept, and everyone can read it', async () => {
      const job = await commitAJob();
      const chunk = makeChunkKey(job);
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      expect(await store.chunks.settle(chunk, 'a', FAILURES, NOW)).toBe(true);
      expect(await store.chunks.claim(chunk, 'b', NOW + 9000, NOW + 9999)).toEqual({
        kind: 'settled',
        failures: FAILURES,
      });
      await store.jobs.addChunk(chunk, false);
      const after = await store.jobs.find(job, NOW);
      expect(after && (await store.chunks.readResults(after))).toEqual([{ index: 0, failures: FAILURES }]);
    });

    test('a chunk that is only claimed has no result', async () => {
      const job = await commitAJob();
      await store.chunks.claim(makeChunkKey(job, 0), 'a', NOW, NOW + 1000);
      await store.chunks.claim(makeChunkKey(job, 1), 'a', NOW, NOW + 1000);
      await store.chunks.settle(makeChunkKey(job, 1), 'a', [], NOW);
      expect(await store.chunks.readResults(job)).toEqual([{ index: 1, failures: [] }]);
    });

    test('all results are returned when they need more than one page', async () => {
      const job = await commitAJob({ total: 6, chunkSize: 1 });
      // A page of a DynamoDB query has at most 1 MB.
      const large: FailureGroup = { code: 'InternalError', description: 'x'.repeat(250_000), positions: [0] };
      for (let index = 0; index < 6; index += 1) {
        await store.chunks.claim(makeChunkKey(job, index), 'a', NOW, NOW + 1000);
        await store.chunks.settle(makeChunkKey(job, index), 'a', [large], NOW);
      }
      const results = await store.chunks.readResults(job);
      expect(results.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    });

    test('a worker without the claim cannot settle the chunk', async () => {
      const chunk = makeChunkKey(aJob());
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      expect(await store.chunks.settle(chunk, 'b', FAILURES, NOW)).toBe(false);
    });

    test('a chunk that nobody claimed cannot be settled', async () => {
      expect(await store.chunks.settle(makeChunkKey(aJob()), 'a', [], NOW)).toBe(false);
    });

    test('a worker that was suspended and lost its claim cannot settle the chunk', async () => {
      const chunk = makeChunkKey(aJob());
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      await store.chunks.claim(chunk, 'b', NOW + 1000, NOW + 2000);
      expect(await store.chunks.settle(chunk, 'a', [], NOW + 1001)).toBe(false);
      expect(await store.chunks.settle(chunk, 'b', FAILURES, NOW + 1002)).toBe(true);
      expect(await store.chunks.settle(chunk, 'a', [], NOW + 1003)).toBe(false);
      expect(await store.chunks.claim(chunk, 'c', NOW + 9000, NOW + 9999)).toEqual({
        kind: 'settled',
        failures: FAILURES,
      });
    });

    test('the owner can settle after the end of its claim if no other worker took over', async () => {
      const chunk = makeChunkKey(aJob());
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      expect(await store.chunks.settle(chunk, 'a', [], NOW + 5000)).toBe(true);
    });

    test('the first result is kept when the owner settles twice', async () => {
      const chunk = makeChunkKey(aJob());
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      await store.chunks.settle(chunk, 'a', FAILURES, NOW);
      expect(await store.chunks.settle(chunk, 'a', [], NOW)).toBe(true);
      expect(await store.chunks.claim(chunk, 'b', NOW + 9000, NOW + 9999)).toEqual({
        kind: 'settled',
        failures: FAILURES,
      });
    });

    test('releasing the claim does not change the result', async () => {
      const chunk = makeChunkKey(aJob());
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      await store.chunks.settle(chunk, 'a', FAILURES, NOW);
      await store.chunks.release(chunk, 'a', NOW);
      expect(await store.chunks.claim(chunk, 'b', NOW, NOW + 1000)).toEqual({
        kind: 'settled',
        failures: FAILURES,
      });
    });

    test('results of an earlier generation of a job are not returned for a later one', async () => {
      const job = await commitAJob();
      const chunk = makeChunkKey(job);
      await store.chunks.claim(chunk, 'a', NOW, NOW + 1000);
      await store.chunks.settle(chunk, 'a', FAILURES, NOW);
      const again = { ...job, createdAt: formatTimestamp(NOW + 1), settled: new Set([0]) };
      expect(await store.chunks.readResults(again)).toEqual([]);
    });
  });
});
