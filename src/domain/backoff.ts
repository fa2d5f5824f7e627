/** How long to wait before something is tried again: twice as long after each try, up to a bound. */

/** Both in one unit, which is that of the result. */
export interface Backoff {
  readonly first: number;
  readonly longest?: number;
}

/** @param tries how many were made, 1 or more */
export function delayAfter(tries: number, { first, longest = Infinity }: Backoff): number {
  return Math.min(longest, first * 2 ** (tries - 1));
}
