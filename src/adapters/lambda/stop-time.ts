/** The time at which an invocation stops starting work, so that it ends before Lambda ends it. */
import type { Context } from 'aws-lambda';

/**
 * Computes the time after which no further work is started.
 *
 * @param reserveMs time kept free at the end, to finish work in progress and hand back the rest; at most a
 *   quarter of the remaining time
 * @returns epoch ms
 */
export function computeStopTime(
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  reserveMs: number,
): number {
  const remaining = context.getRemainingTimeInMillis();
  return Date.now() + remaining - Math.min(reserveMs, remaining / 4);
}
