/** Exponential backoff: the delay before a retry doubles after each try, up to a maximum. */

/** Both delays are in the same unit, and `computeDelay` returns its result in that unit. */
export interface Backoff {
  readonly first: number;
  readonly longest?: number;
}

/** @param tries number of tries made so far, at least 1 */
export function computeDelay(tries: number, { first, longest = Infinity }: Backoff): number {
  return Math.min(longest, first * 2 ** (tries - 1));
}
