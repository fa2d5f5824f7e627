/**
 * The machine's clock: how long a pause lasts. Only that it is not too short can be said of a busy machine.
 */
import { afterEach, expect, jest, test } from '@jest/globals';
import { systemClock } from '../../src/adapters/lambda/clock.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

/** A timer may be up to a millisecond early. */
const EARLY_MS = 1;

test.each([
  { random: 0, atLeastMs: 50 },
  { random: 0.5, atLeastMs: 75 },
  { random: 0.99, atLeastMs: 99 },
])('a pause of 100 ms lasts $atLeastMs ms when chance says $random', async ({ random, atLeastMs }) => {
  jest.spyOn(Math, 'random').mockReturnValue(random);
  const before = performance.now();
  await systemClock.pause(100);
  expect(performance.now() - before).toBeGreaterThanOrEqual(atLeastMs - EARLY_MS);
});

test('the time is in ms since the epoch', () => {
  jest.spyOn(Date, 'now').mockReturnValue(1_700_000_000_123);
  expect(systemClock.now()).toBe(1_700_000_000_123);
});
