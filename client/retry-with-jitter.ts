/** Repeats an attempt after failures that may pass, with growing pauses, for a limited time. */
import { computeDelay } from '../src/domain/backoff.ts';
import { UnreachableError } from './client-errors.ts';
import type { ClientDeps } from './client-deps.ts';

/** Bounds of the pauses, in milliseconds. */
const PAUSES = { first: 500, longest: 30_000 };

/**
 * The longest pause that a server may ask for. A longer one is more likely a wrong clock or a wrong header
 * than load.
 */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** An attempt failed for a reason that may pass: no connection, no answer in time, 429 or 5xx. */
export class PassingFailure extends Error {
  override readonly name = 'PassingFailure';
  /** The pause that the server asked for with `Retry-After`, in milliseconds; 0 when it did not. */
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs = 0, cause?: unknown) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/** An attempt failed for a reason that stays: a certificate that is not accepted, or no server there. */
export class FinalFailure extends Error {
  override readonly name = 'FinalFailure';

  constructor(message: string, cause: unknown) {
    super(message, { cause });
  }
}

/** A repeat that is about to be made. */
export interface Retry {
  /** The call in words, such as `job 2 of 3`. */
  readonly what: string;
  /** Why the last attempt failed. */
  readonly reason: string;
  /** Pause before the next attempt, in milliseconds: at most 60,000. */
  readonly pauseMs: number;
}

export interface RetryOptions {
  /** Milliseconds after the start within which further attempts may begin; 0: one attempt. */
  readonly retryForMs: number;
  readonly onRetry?: ((retry: Retry) => void) | undefined;
}

/**
 * Repeats an attempt until it does not end in a `PassingFailure`. Each pause is random between 0 and a bound
 * that doubles ("full jitter"), so that clients that failed together do not return together:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param what the call in words, for the error
 * @throws UnreachableError when the next attempt would be too late or cannot help; any other error of an
 *   attempt at once; the reason of the signal
 */
export async function retryWithJitter<T>(
  what: string,
  deps: Pick<ClientDeps, 'now' | 'pause' | 'random'>,
  { retryForMs, onRetry }: RetryOptions,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  const until = deps.now() + retryForMs;
  for (let attempts = 1; ; attempts += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof FinalFailure) throw new UnreachableError(what, attempts, error);
      if (!(error instanceof PassingFailure)) throw error;
      const bound = computeDelay(attempts, PAUSES);
      const asked = Math.min(LONGEST_RETRY_AFTER_MS, error.retryAfterMs);
      const pauseMs = Math.max(asked, deps.random() * bound);
      if (deps.now() + pauseMs >= until) throw new UnreachableError(what, attempts, error);
      onRetry?.({ what, reason: error.message, pauseMs });
      await deps.pause(pauseMs, signal);
    }
  }
}

/**
 * Parses a `Retry-After` header, which holds seconds or an HTTP date:
 * https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 * @param now the time in epoch milliseconds
 * @returns the pause in milliseconds; 0 without a header, and for one that does not parse or a date that has
 *   passed
 */
export function parseRetryAfter(header: string | null, now: number): number {
  if (header === null) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
