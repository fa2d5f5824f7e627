/** The times of the simulated system: functions, claims, messages and jobs. */
import { computeClaimSeconds, computeVisibilitySeconds } from '../../../lib/worker-times.ts';

const WORKER_SECONDS = 30;
const RECONCILE_SECONDS = 50;
const CLOCK_SKEW_SECONDS = 300;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The timeout of each function, and how long before it the function stops starting work, ms. */
export const FUNCTIONS = {
  'create-job': { timeoutMs: 25 * SECOND, reserveMs: 3 * SECOND },
  'get-job': { timeoutMs: 25 * SECOND, reserveMs: 0 },
  worker: { timeoutMs: WORKER_SECONDS * SECOND, reserveMs: 5 * SECOND },
  reconcile: { timeoutMs: RECONCILE_SECONDS * SECOND, reserveMs: 10 * SECOND },
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

export const WORKER_CLAIM_MS = computeClaimSeconds(WORKER_SECONDS, CLOCK_SKEW_SECONDS) * SECOND;
export const RECONCILE_CLAIM_MS = computeClaimSeconds(RECONCILE_SECONDS, CLOCK_SKEW_SECONDS) * SECOND;
export const VISIBILITY_MS =
  computeVisibilitySeconds({ workerTimeoutSeconds: WORKER_SECONDS, clockSkewSeconds: CLOCK_SKEW_SECONDS }) *
  SECOND;
export const MAX_RECEIVE_COUNT = 5;
export const STALLED_MS = 10 * MINUTE;
export const DEADLINE_MS = 60 * MINUTE;
export const RETENTION_MS = 30 * 24 * HOUR;

/**
 * The largest error of a clock, ms. Two clocks differ by at most 298 s, and a claim allows for 300 s. The
 * other two seconds are for a request that is still on the wire when its sender dies.
 */
export const MAX_SKEW_MS = 149 * SECOND;

/** How long a store's client waits for an answer, ms. */
export const GIVEN_UP_AFTER_MS = 2 * SECOND;

/** The longest time that a request is on the wire, ms. */
export const MAX_WIRE_MS = 1_900;
