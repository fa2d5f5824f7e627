/** Tests the times of a job that count from its creation: its deadline, and when what of it is given up. */
import { describe, expect, test } from '@jest/globals';
import {
  LAST_TRIES_MS,
  chooseGiveUp,
  computeDeadline,
  computeLastResort,
} from '../../src/domain/deadline.ts';
import { AT, NOW } from '../support/builders.ts';

const HOUR = 3_600_000;
/** A job whose deadline was fixed when it was created, and one of an earlier release. */
const FIXED = { createdAt: AT, deadlineAt: new Date(NOW + HOUR).toISOString() };
const EARLIER = { createdAt: AT };

test('the deadline is the one of the job, whatever the setting has become', () => {
  expect(computeDeadline(FIXED, 5)).toBe(NOW + HOUR);
  expect(computeLastResort(FIXED, 5)).toBe(NOW + 1.5 * HOUR);
});

test('a job without a deadline follows the setting', () => {
  expect(computeDeadline(EARLIER, 2 * HOUR)).toBe(NOW + 2 * HOUR);
  expect(computeDeadline({ ...EARLIER, deadlineAt: undefined }, 2 * HOUR)).toBe(NOW + 2 * HOUR);
  expect(computeLastResort(EARLIER, 2 * HOUR)).toBe(NOW + 3 * HOUR);
});

describe.each([
  { name: 'a deadline of its own', job: FIXED, deadlineMs: 5 },
  { name: 'the deadline of the setting', job: EARLIER, deadlineMs: HOUR },
])('of a job with $name is given up', ({ job, deadlineMs }) => {
  const choose = (now: number, left = Infinity) => chooseGiveUp(job, deadlineMs, { now, stopAt: now + left });
  const twice = NOW + 2 * HOUR;

  test('nothing before twice the deadline', () => {
    for (const now of [NOW, NOW + HOUR, NOW + 1.5 * HOUR, twice - 1]) expect(choose(now)).toBeUndefined();
  });

  test('what fails at every try, from twice the deadline on', () => {
    expect(choose(twice)).toBe('failing');
    expect(choose(twice + LAST_TRIES_MS - 1)).toBe('failing');
  });

  test('also what no attempt had the time for, 15 minutes later', () => {
    expect(LAST_TRIES_MS).toBe(900_000);
    expect(choose(twice + LAST_TRIES_MS)).toBe('undecided');
  });

  test('nothing for lack of time by an attempt that begins with less than 20 s', () => {
    expect(choose(twice + LAST_TRIES_MS, 20_000)).toBe('undecided');
    expect(choose(twice + LAST_TRIES_MS, 19_999)).toBe('failing');
  });
});
