/** When an invocation stops taking up work, so that it ends by itself and is never cut off. */
import type { Context } from 'aws-lambda';

/**
 * @param reserveMs kept free at the end, for what is under way and for handing back the rest; of a short
 *   invocation a quarter at most
 * @returns epoch ms
 */
export function stopTime(context: Pick<Context, 'getRemainingTimeInMillis'>, reserveMs: number): number {
  const remaining = context.getRemainingTimeInMillis();
  return Date.now() + remaining - Math.min(reserveMs, remaining / 4);
}
