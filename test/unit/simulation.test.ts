/** Runs the simulator on a few fixed seeds, and on every schedule of a small job. */
import { describe, expect, test } from '@jest/globals';
import { walkCrashPoints, walkMeetings } from '../rigs/simulation/exhaustive.ts';
import { measureGiveUpRate } from '../rigs/simulation/give-up-rate.ts';
import { giveUpNothing, PLANTED_BUGS } from '../rigs/simulation/planted-bugs.ts';
import { Stats } from '../rigs/simulation/stats.ts';
import { runSchedule } from '../rigs/simulation/run-schedule.ts';
import { HOUR } from '../rigs/simulation/simulated-times.ts';

const SEEDS = 250;

test('the auditor finds no violation in any schedule', async () => {
  const stats = new Stats();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { violations } = await runSchedule({ seed, stats });
    expect({ seed, violations }).toEqual({ seed, violations: [] });
  }
  // Each kind of fault and of result must have occurred, or the runs would prove nothing.
  for (const name of [
    'calls: crash-before',
    'calls: crash-after',
    'calls: lost',
    'calls: resent',
    'calls: throttled',
    'messages: deadLetters',
    'messages: dropped',
    'messages: duplicates',
    'messages: redriven',
    'lost race: claim',
    'lost race: close',
    'lost race: commit',
    'lost race: postpone',
    'lost race: settle',
    'event: fan-out.failed',
    'event: job.deadline-passed',
    'event: job.last-resort',
    'event: resends.withheld',
    'give-ups: deadLetters',
    'give-ups: deliveries',
    'give-ups: duplicates',
    'event: job.re-enqueued',
    'event: idempotency.bypassed',
    'clients: 400',
    'clients: refused by the limit of the account',
    'clients: refused by the limit of the stack',
    'quiet jobs timed beside a flood',
    'jobs ended Completed',
    'jobs ended Failed',
  ]) {
    expect([name, stats.get(name) > 0]).toEqual([name, true]);
  }
});

test('a seed replays to the same trace', async () => {
  const traceSeed = async (seed: number) => {
    const lines: string[] = [];
    await runSchedule({
      seed,
      trace: (line) => {
        lines.push(line);
      },
    });
    return lines;
  };
  for (const seed of [1, 2, 3, 4, 5]) {
    const first = await traceSeed(seed);
    expect(first.length).toBeGreaterThan(10);
    expect(await traceSeed(seed)).toEqual(first);
  }
  expect(await traceSeed(1)).not.toEqual(await traceSeed(2));
});

describe('every crash point of a small job', () => {
  // A job past its deadline makes so many calls that pairs of crashes would take minutes.
  test.each(
    [1, 2, 3].flatMap((chunks) => [
      { chunks, crashes: 2, repeats: true, late: false } as const,
      { chunks, crashes: 1, repeats: false, late: false } as const,
      { chunks, crashes: 1, repeats: true, late: true } as const,
    ]),
  )(
    'is survived: $chunks chunks, up to $crashes crashes, client repeats: $repeats, past its deadline: $late',
    async (each) => {
      const { schedules, violations } = await walkCrashPoints(each);
      expect(violations).toEqual([]);
      expect(schedules).toBeGreaterThan(25);
    },
  );

  test('reveals a bug that shows only after a crash', async () => {
    const bug = PLANTED_BUGS.find(({ name }) => name.startsWith('a job that is not in the index'));
    const { violations } = await walkCrashPoints(
      { chunks: 1, crashes: 1, repeats: true, late: false },
      bug?.plant,
    );
    expect(violations.map(({ violation }) => violation.rule)).toContain('never-ended');
  });
});

describe('a give-up that meets the work on its chunk', () => {
  test.each([
    { deadlineMs: 1_010, when: 'at the deadline' },
    { deadlineMs: HOUR, when: 'long before it, as by a wrong clock' },
  ])('decides nothing twice, in any order, $when', async ({ deadlineMs }) => {
    const { schedules, violations } = await walkMeetings(deadlineMs);
    expect(violations).toEqual([]);
    expect(schedules).toBeGreaterThan(50);
  });

  test('would contradict it if it took the claim', async () => {
    const bug = PLANTED_BUGS.find(({ name }) => name.startsWith('a give-up that takes chunks'));
    const { violations } = await walkMeetings(HOUR, bug?.plant);
    expect(violations.map(({ rule }) => rule)).toContain('refused-but-moved');
  });
});

describe('dead jobs', () => {
  test.each([1, 2])(
    'are given up about as fast as the same workers carry out live ones, seed %i',
    async (seed) => {
      const { violations } = await measureGiveUpRate(seed);
      expect(violations).toEqual([]);
    },
  );

  test('would be given up more slowly by reconcile alone', async () => {
    const { violations } = await measureGiveUpRate(1, giveUpNothing);
    expect(violations.map(({ rule }) => rule)).toEqual(['settled-too-slowly']);
  });
});
