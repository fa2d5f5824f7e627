/** The times of the deployed system, which the simulated one keeps: functions, claims, messages, schedules. */
import { claimSeconds, visibilitySeconds } from '../../../lib/timing.ts';

const WORKER_SECONDS = 30;
const RECONCILE_SECONDS = 50;
const CLOCK_SKEW_SECONDS = 300;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** When each function is killed, and how long before that it stops taking up work, ms. */
export const FUNCTIONS = {
  'create-job': { timeoutMs: 25 * SECOND, reserveMs: 3 * SECOND },
  'get-job': { timeoutMs: 25 * SECOND, reserveMs: 0 },
  worker: { timeoutMs: WORKER_SECONDS * SECOND, reserveMs: 5 * SECOND },
  reconcile: { timeoutMs: RECONCILE_SECONDS * SECOND, reserveMs: 10 * SECOND },
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

export const WORKER_CLAIM_MS = claimSeconds(WORKER_SECONDS, CLOCK_SKEW_SECONDS) * SECOND;
export const RECONCILE_CLAIM_MS = claimSeconds(RECONCILE_SECONDS, CLOCK_SKEW_SECONDS) * SECOND;
export const VISIBILITY_MS =
  visibilitySeconds({ workerTimeoutSeconds: WORKER_SECONDS, clockSkewSeconds: CLOCK_SKEW_SECONDS }) * SECOND;
export const MAX_RECEIVE_COUNT = 5;
export const STALLED_MS = 10 * MINUTE;
export const DEADLINE_MS = HOUR;
export const RETENTION_MS = 30 * 24 * HOUR;

/**
 * How far a clock may be from the true time: two of them are 298 s apart at most, of the 300 s that a claim
 * allows for. The two seconds between are those that a request may be on the wire when its sender dies.
 */
export const MAX_SKEW_MS = 149 * SECOND;

/** When the client of a store gives an answer up. */
export const GIVEN_UP_AFTER_MS = 2 * SECOND;

/** The longest that a request is on the wire. */
export const MAX_WIRE_MS = 1_900;
