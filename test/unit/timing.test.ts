/** The times that must fit each other, worked out by hand. */
import { expect, test } from '@jest/globals';
import { computeClaimSeconds, computeVisibilitySeconds } from '../../lib/worker-times.ts';

test('a claim outlives the last write of its function, even if clocks are apart', () => {
  expect(computeClaimSeconds(30, 10)).toBe(45);
  expect(computeClaimSeconds(50, 10)).toBe(65);
});

test.each([
  // Two timeouts, 5 s for late writes, and the skew: a claim made at the end of a run; 5 s more.
  { workerTimeoutSeconds: 30, clockSkewSeconds: 300, seconds: 370 },
  { workerTimeoutSeconds: 1, clockSkewSeconds: 1, seconds: 13 },
  // Six timeouts, as AWS advises, where that is more.
  { workerTimeoutSeconds: 30, clockSkewSeconds: 10, seconds: 180 },
  { workerTimeoutSeconds: 4, clockSkewSeconds: 1, seconds: 24 },
])('a message is away for $seconds s', ({ seconds, ...times }) => {
  expect(computeVisibilitySeconds(times)).toBe(seconds);
});
