/** The time at which an invocation stops starting work, so that it ends before Lambda ends it. */
import type { Context } from 'aws-lambda';

/**
 * Time that a function keeps free at its end, to finish work in progress and hand back the rest, ms (ADR 17).
 */
export const RESERVE_MS = { 'create-job': 3_000, worker: 7_500, reconcile: 10_000 } as const;

/**
 * How long before its end a worker hands back a chunk at the latest, ms. The rest of its reserve is for a
 * write that hangs, and for the time in which it may still arrive (LATE_WRITES_MS).
 */
export const HAND_BACK_MS = 500;

/**
 * Computes the time after which no further work is started.
 *
 * @param reserveMs time kept free at the end; at most a quarter of the remaining time
 * @param now epoch ms by the function's clock
 * @returns epoch ms
 */
export function computeStopTime(
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  reserveMs: number,
  now = Date.now(),
): number {
  const remaining = context.getRemainingTimeInMillis();
  return now + remaining - Math.min(reserveMs, remaining / 4);
}
