/** How long a chunk's claim lasts and its message stays invisible: times that must fit each other. */

/** AWS advises six times the function's timeout, for batches that wait while the function is throttled. */
const TIMEOUTS_INVISIBLE = 6;

/** So that a message does not return at the very second at which its chunk's claim ends. */
const MARGIN_SECONDS = 5;

interface WorkerTimes {
  readonly workerTimeoutSeconds: number;
  readonly clockSkewSeconds: number;
}

/** Seconds that a claim lasts: it outlives the function that made it, whatever the skew of its clock. */
export function claimSeconds(timeoutSeconds: number, clockSkewSeconds: number): number {
  return timeoutSeconds + clockSkewSeconds;
}

/**
 * Seconds that a message is invisible once a worker has it. The claim of a worker that was killed, made as late as
 * it could be, is over when its message returns: earlier, the delivery would be spent on a chunk that is taken.
 */
export function visibilitySeconds({ workerTimeoutSeconds, clockSkewSeconds }: WorkerTimes): number {
  const latestClaim = workerTimeoutSeconds + claimSeconds(workerTimeoutSeconds, clockSkewSeconds);
  return Math.max(TIMEOUTS_INVISIBLE * workerTimeoutSeconds, latestClaim + MARGIN_SECONDS);
}
