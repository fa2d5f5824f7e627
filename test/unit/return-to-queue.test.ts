/** Tests after how long a message that was handed back returns (ADR 17). */
import { expect, test } from '@jest/globals';
import { computeReturnSeconds } from '../../src/adapters/sqs/return-to-queue.ts';

test.each([
  { receives: 1, shortest: 10, longest: 15 },
  { receives: 2, shortest: 20, longest: 30 },
  { receives: 5, shortest: 160, longest: 240 },
  { receives: 6, shortest: 300, longest: 450 },
  { receives: 100, shortest: 300, longest: 450 },
])('after receive $receives in $shortest to $longest whole seconds', ({ receives, shortest, longest }) => {
  expect(computeReturnSeconds(receives, 0)).toBe(shortest);
  expect(computeReturnSeconds(receives, 1 - 2 ** -30)).toBe(longest);
});

test('in whole seconds, which SQS requires', () => {
  expect(computeReturnSeconds(1, 0.123)).toBe(11);
});
