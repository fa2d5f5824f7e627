/** How many calls of one invocation had to wait for each other. */

/** When a call was under way, in ms of one clock. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/**
 * The length of the longest chain of calls in which each began after the one before had ended. Calls that
 * overlap did not wait for each other. A call that began later for another reason counts as waiting, so that
 * this is an upper bound.
 */
export function longestChain(calls: readonly Interval[]): number {
  // The call that ends first never stands in the way of a longer chain: take it, and the next that begins
  // after it.
  let length = 0;
  let end = -Infinity;
  for (const call of [...calls].sort((a, b) => a.end - b.end)) {
    if (call.start < end) continue;
    length += 1;
    end = call.end;
  }
  return length;
}
