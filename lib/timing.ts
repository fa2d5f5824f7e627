/** How long a chunk's claim lasts and its message stays invisible: times that must fit each other. */

/** How far two clocks may be apart before a chunk's claim could be taken over while its owner still works. */
const CLOCK_SKEW_SECONDS = 300;

/** AWS advises six times the function's timeout, for batches that wait while the function is throttled. */
const TIMEOUTS_INVISIBLE = 6;

/** So that a message does not return at the very second at which its chunk's claim ends. */
const MARGIN_SECONDS = 30;

/** Seconds that a claim lasts: it outlives the function that made it, whatever the skew of its clock. */
export function claimSeconds(timeoutSeconds: number): number {
  return timeoutSeconds + CLOCK_SKEW_SECONDS;
}

/**
 * Seconds that a message is invisible once a worker has it. The claim of a worker that was killed, made as late as
 * it could be, is over when its message returns: earlier, the delivery would be spent on a chunk that is taken.
 */
export function visibilitySeconds(workerTimeoutSeconds: number): number {
  const latestClaim = workerTimeoutSeconds + claimSeconds(workerTimeoutSeconds) + MARGIN_SECONDS;
  return Math.max(TIMEOUTS_INVISIBLE * workerTimeoutSeconds, latestClaim);
}
