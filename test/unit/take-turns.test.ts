/** Tests the order in which the jobs that are due are looked at: no account delays the jobs of another. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { takeTurns } from '../../src/application/take-turns.ts';
import type { OpenJob } from '../../src/ports/open-jobs.ts';
import { AT, NOW, TENANT } from '../support/builders.ts';
import { makePropertySettings } from '../support/properties.ts';

function makeOpenJob(accountId: number, dueSecond: number): OpenJob {
  const dueAt = new Date(NOW + dueSecond * 1_000).toISOString();
  return {
    ...TENANT,
    accountId,
    jobId: `${accountId}-${dueSecond}`,
    createdAt: AT,
    dueAt,
    action: 'resume',
    total: 1,
  };
}

const order = (jobs: readonly OpenJob[]) => takeTurns(jobs).map(({ jobId }) => jobId);

test('the accounts take turns, each with the job that has been due for longest', () => {
  const jobs = [
    makeOpenJob(1, 5),
    makeOpenJob(1, 4),
    makeOpenJob(1, 6),
    makeOpenJob(2, 9),
    makeOpenJob(3, 2),
  ];
  expect(order(jobs)).toEqual(['3-2', '1-4', '2-9', '1-5', '1-6']);
});

test('the one job of a quiet account comes before the second of any other, however late it became due', () => {
  const flood = Array.from({ length: 1_000 }, (_, second) => makeOpenJob(1, second));
  expect(order([...flood, makeOpenJob(2, 5_000)]).indexOf('2-5000')).toBe(1);
});

test('nothing to look at has no order', () => {
  expect(takeTurns([])).toEqual([]);
});

test('every job has its turn once, and no account its next before every other had one', () => {
  const anyJobs = fc.array(
    fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 20 }))
      .map((pair) => makeOpenJob(...pair)),
  );
  fc.assert(
    fc.property(anyJobs, (jobs) => {
      const before = [...jobs];
      const turns = takeTurns(jobs);
      expect(jobs).toEqual(before);
      const sort = (list: readonly OpenJob[]) => list.map(({ jobId }) => jobId).sort();
      expect(sort(turns)).toEqual(sort(jobs));
      const taken = new Map<number, number>();
      let round = 0;
      for (const { accountId } of turns) {
        const turn = taken.get(accountId) ?? 0;
        taken.set(accountId, turn + 1);
        expect(turn).toBeGreaterThanOrEqual(round);
        round = turn;
      }
    }),
    makePropertySettings(300),
  );
});
