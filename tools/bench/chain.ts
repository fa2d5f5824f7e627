/** Finds how many calls of one invocation had to wait for each other. */

/** Start and end of a call, in ms of the same clock. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/**
 * Returns the length of the longest chain of calls in which each began after the end of the one before. It is
 * an upper bound: a call that began later for another reason counts as waiting.
 */
export function measureLongestChain(calls: readonly Interval[]): number {
  // Take the call that ends first, then the next one that begins after its end, and so on. Of all choices,
  // this leaves the most time for the rest of the chain.
  let length = 0;
  let end = -Infinity;
  for (const call of [...calls].sort((a, b) => a.end - b.end)) {
    if (call.start < end) continue;
    length += 1;
    end = call.end;
  }
  return length;
}
