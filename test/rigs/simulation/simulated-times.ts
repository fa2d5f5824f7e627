/**
 * The times of the simulated system: functions, claims, messages and calls. Each comes from where the stack
 * or the functions take it; the settings have their defaults.
 */
import { readConfig } from '../../../lib/config.ts';
import { RECONCILE_EVERY_MINUTES, TIMEOUT_SECONDS } from '../../../lib/function-times.ts';
import { computeClaimSeconds, computeVisibilitySeconds } from '../../../lib/worker-times.ts';
import { CALL_LIMITS } from '../../../src/adapters/dynamodb/dynamodb-client.ts';
import { RESERVE_MS } from '../../../src/adapters/lambda/stop-time.ts';
import { LAST_TRIES_MS } from '../../../src/domain/deadline.ts';
import { LATE_WRITES_MS } from '../../../src/domain/late-writes.ts';

const CONFIG = readConfig({});

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The timeout of each function, and how long before it the function stops starting work, ms. */
export const FUNCTIONS = {
  'create-job': { timeoutMs: TIMEOUT_SECONDS['create-job'] * SECOND, reserveMs: RESERVE_MS['create-job'] },
  'get-job': { timeoutMs: TIMEOUT_SECONDS['get-job'] * SECOND, reserveMs: 0 },
  worker: { timeoutMs: CONFIG.workerTimeoutSeconds * SECOND, reserveMs: RESERVE_MS.worker },
  reconcile: { timeoutMs: TIMEOUT_SECONDS.reconcile * SECOND, reserveMs: RESERVE_MS.reconcile },
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

export const WORKER_CLAIM_MS =
  computeClaimSeconds(CONFIG.workerTimeoutSeconds, CONFIG.clockSkewSeconds) * SECOND;
export const RECONCILE_CLAIM_MS =
  computeClaimSeconds(TIMEOUT_SECONDS.reconcile, CONFIG.clockSkewSeconds) * SECOND;
export const VISIBILITY_MS = computeVisibilitySeconds(CONFIG) * SECOND;
export const MAX_RECEIVE_COUNT = CONFIG.maxReceiveCount;
export const STALLED_MS = CONFIG.stalledSeconds * SECOND;
export const DEADLINE_MS = CONFIG.deadlineSeconds * SECOND;
/** From this age of a job on, what no attempt had the time to read is given up. */
export const computeGivenUpLatestMs = (deadlineMs: number) => 2 * deadlineMs + LAST_TRIES_MS;
/** Most workers that a queue has at a time. */
export const WORKERS = CONFIG.workerMaxConcurrency;
export const RETENTION_MS = CONFIG.jobRetentionDays * 24 * HOUR;
export const RECONCILE_EVERY_MS = RECONCILE_EVERY_MINUTES * MINUTE;

/** The largest error of a clock, ms: two clocks are then apart by what is allowed for. */
export const MAX_SKEW_MS = (CONFIG.clockSkewSeconds * SECOND) / 2;

/** How long a store's client waits for an answer at most, ms. */
export const GIVEN_UP_AFTER_MS = CALL_LIMITS.connectionTimeout + CALL_LIMITS.requestTimeout;

/** The longest time that an answered request is on the wire, ms: its answer takes up to 5 ms more. */
export const MAX_ANSWERED_WIRE_MS = CALL_LIMITS.requestTimeout - 10;

/** The longest time that a request without an answer is on the wire, ms: the code allows for one more. */
export const MAX_WIRE_MS = LATE_WRITES_MS - 1;
