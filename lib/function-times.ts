/** The times of functions that other times must fit, and that no setting changes. */

export const TIMEOUT_SECONDS = {
  // Less than API Gateway's 30 s, so that the client gets the contract's error, with its id.
  'create-job': 25,
  'get-job': 25,
  // Less than the minute between two runs, so that they do not overlap.
  reconcile: 50,
} as const;

/** The scheduler's shortest interval: a stalled job waits at most this much longer. */
export const RECONCILE_EVERY_MINUTES = 1;
