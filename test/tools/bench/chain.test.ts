/** Tests how the longest chain of calls that wait for each other follows from their start and end times. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Interval, measureLongestChain } from '../../../tools/bench/chain.ts';

const makeIntervals = (...times: [start: number, end: number][]): Interval[] =>
  times.map(([start, end]) => ({ start, end }));

test('calls one after the other all count, and no call is a chain of 0', () => {
  expect(measureLongestChain([])).toBe(0);
  expect(measureLongestChain(makeIntervals([0, 5]))).toBe(1);
  expect(measureLongestChain(makeIntervals([0, 5], [5, 9], [10, 12]))).toBe(3);
});

test('overlapping calls count once, in whatever order they were recorded', () => {
  expect(measureLongestChain(makeIntervals([0, 10], [1, 9], [2, 8]))).toBe(1);
  expect(measureLongestChain(makeIntervals([20, 30], [0, 10], [11, 19], [11, 40], [12, 18]))).toBe(3);
});

test('a long call beside many short ones does not lengthen their chain', () => {
  expect(measureLongestChain(makeIntervals([0, 100], [1, 2], [3, 4], [5, 6]))).toBe(3);
});

test('the result is the same as that of trying every chain', () => {
  const interval = fc
    .tuple(fc.nat(20), fc.integer({ min: 1, max: 10 }))
    .map(([start, length]) => ({ start, end: start + length }));
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 8 }), (some) => {
      expect(measureLongestChain(some)).toBe(tryEveryChain(some, -1));
    }),
  );
});

function tryEveryChain(some: readonly Interval[], after: number): number {
  const next = some.filter(({ start }) => start >= after);
  return Math.max(
    0,
    ...next.map(
      (first) =>
        1 +
        tryEveryChain(
          some.filter((each) => each !== first),
          first.end,
        ),
    ),
  );
}
