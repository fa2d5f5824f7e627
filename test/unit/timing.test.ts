/** The times that must fit each other, worked out by hand. */
import { expect, test } from '@jest/globals';
import { computeClaimSeconds, computeVisibilitySeconds } from '../../lib/worker-times.ts';

test('a claim outlives its function by as much as clocks may be apart', () => {
  expect(computeClaimSeconds(30, 300)).toBe(330);
  expect(computeClaimSeconds(50, 300)).toBe(350);
});

test.each([
  // Two timeouts and the skew: a claim made at the end of a run; 5 s more.
  { workerTimeoutSeconds: 30, clockSkewSeconds: 300, seconds: 365 },
  { workerTimeoutSeconds: 1, clockSkewSeconds: 1, seconds: 8 },
  // Six timeouts, as AWS advises, where that is more.
  { workerTimeoutSeconds: 100, clockSkewSeconds: 300, seconds: 600 },
  { workerTimeoutSeconds: 2, clockSkewSeconds: 1, seconds: 12 },
])('a message is away for $seconds s', ({ seconds, ...times }) => {
  expect(computeVisibilitySeconds(times)).toBe(seconds);
});
