/** When an invocation stops taking up work. */
import { afterEach, expect, jest, test } from '@jest/globals';
import { computeStopTime } from '../../src/adapters/lambda/stop-time.ts';
import { NOW } from '../support/builders.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

test.each([
  { what: 'a reserve of less than a quarter', remainingMs: 25_000, reserveMs: 3_000, stopsAfterMs: 22_000 },
  { what: 'a reserve of a quarter', remainingMs: 20_000, reserveMs: 5_000, stopsAfterMs: 15_000 },
  { what: 'a reserve of more than a quarter', remainingMs: 8_000, reserveMs: 5_000, stopsAfterMs: 6_000 },
  { what: 'no time left', remainingMs: 0, reserveMs: 5_000, stopsAfterMs: 0 },
])('$what: $remainingMs ms left, $reserveMs ms reserved', ({ remainingMs, reserveMs, stopsAfterMs }) => {
  jest.spyOn(Date, 'now').mockReturnValue(NOW);
  const context = { getRemainingTimeInMillis: () => remainingMs };
  expect(computeStopTime(context, reserveMs)).toBe(NOW + stopsAfterMs);
});
