/** Computes how long a chunk's claim lasts and how long its message stays invisible (ADR 5). */

import { LATE_WRITES_MS } from '../src/domain/late-writes.ts';

/**
 * AWS advises six times the timeout of the function, for batches that wait while it is throttled:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
const VISIBILITY_IN_TIMEOUTS = 6;

/** A margin, so that a message returns some seconds after the claim of its chunk has ended. */
const MARGIN_SECONDS = 5;

interface WorkerTimes {
  readonly workerTimeoutSeconds: number;
  readonly clockSkewSeconds: number;
}

/**
 * Computes the seconds that a claim lasts. It outlasts the function that made it, and the writes that the
 * function sent last, even when clocks differ.
 */
export function computeClaimSeconds(timeoutSeconds: number, clockSkewSeconds: number): number {
  return timeoutSeconds + clockSkewSeconds + LATE_WRITES_MS / 1_000;
}

/**
 * Computes the seconds that a message stays invisible after its delivery. When it returns, even the latest
 * claim of a killed worker has ended; an earlier delivery would find the chunk claimed.
 */
export function computeVisibilitySeconds({ workerTimeoutSeconds, clockSkewSeconds }: WorkerTimes): number {
  const latestClaim = workerTimeoutSeconds + computeClaimSeconds(workerTimeoutSeconds, clockSkewSeconds);
  return Math.max(VISIBILITY_IN_TIMEOUTS * workerTimeoutSeconds, latestClaim + MARGIN_SECONDS);
}
