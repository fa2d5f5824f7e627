/** Repeats what failed in a way that may pass, with pauses that grow, until a time is over. */
import { delayAfter } from '../src/domain/backoff.ts';
import { UnreachableError } from './errors.ts';
import type { World } from './world.ts';

/** In ms. */
const PAUSES = { first: 500, longest: 30_000 };

/** What a server may ask for at most. Above it, its clock or its header is more likely wrong than its load. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** An attempt failed, and the next one may not: no connection, no answer in time, 429, 5xx. */
export class PassingFailure extends Error {
  override readonly name = 'PassingFailure';
  /** What the server asked for with `Retry-After`; 0 when it did not. */
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs = 0, cause?: unknown) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/** What is tried again, why, and after which pause. */
export interface Retry {
  readonly what: string;
  readonly reason: string;
  readonly pauseMs: number;
}

export interface Patience {
  /** No attempt starts later than this after the first one; 0: one attempt. */
  readonly retryForMs: number;
  readonly onRetry?: ((retry: Retry) => void) | undefined;
}

/**
 * Attempts until one attempt does not end in a `PassingFailure`. The pause before each is drawn from nothing
 * up to a bound that doubles ("full jitter"), so that clients which were cut off together do not come back
 * together.
 *
 * @param what is attempted, for the error
 * @throws UnreachableError when the next attempt would be too late; whatever else an attempt throws, at once
 */
export async function persistently<T>(
  what: string,
  world: Pick<World, 'now' | 'pause' | 'random'>,
  { retryForMs, onRetry }: Patience,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  const until = world.now() + retryForMs;
  for (let attempts = 1; ; attempts += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PassingFailure)) throw error;
      const bound = delayAfter(attempts, PAUSES);
      const asked = Math.min(LONGEST_RETRY_AFTER_MS, error.retryAfterMs);
      const pauseMs = Math.max(asked, world.random() * bound);
      if (world.now() + pauseMs >= until) throw new UnreachableError(what, attempts, error);
      onRetry?.({ what, reason: error.message, pauseMs });
      await world.pause(pauseMs, signal);
    }
  }
}

/**
 * The pause that a `Retry-After` header asks for: seconds, or an HTTP date.
 * @param now epoch ms, which a date is counted from
 * @returns ms; 0 for no header, one that does not parse, or a date that has passed
 */
export function retryAfterMs(header: string | null, now: number): number {
  if (header === null) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
