/** Retries of a target group, and of a chunk's result: with growing pauses, while there is time (ADR 17). */
import { computeDelay } from '../domain/backoff.ts';
import { UncertainWriteError } from '../domain/errors.ts';
import { LATE_WRITES_MS } from '../domain/late-writes.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Clock } from '../ports/clock.ts';

/** Most tries in a row for one target group or one result, the first one included. */
export const TRIES = 7;
/** In ms, doubled after each try. All pauses together take at most about three seconds. */
const PAUSES = { first: 50 };

/** The time ended before the last try. `cause` is the error of the try before that. */
export class OutOfTimeError extends Error {
  override readonly name = 'OutOfTimeError';

  constructor(cause: unknown) {
    super('No time is left for another try.', { cause });
  }
}

/**
 * Runs `attempt` until it succeeds, with growing pauses between the tries.
 *
 * @param stopAt epoch ms after which it is not tried again
 * @throws the error of the last try
 * @throws OutOfTimeError when the time ended before the last try
 */
export async function retryWithBackoff<T>(
  clock: Clock,
  stopAt: number,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === TRIES) throw error;
      const pauseMs = computeDelay(tries, PAUSES);
      if (clock.now() + pauseMs >= stopAt) throw new OutOfTimeError(error);
      await clock.pause(pauseMs);
    }
  }
}

/**
 * Decides the outcome of a target group, and makes sure that no write still in flight can change it.
 *
 * After an UncertainWriteError the write may have been carried out, or may still be carried out later. So a
 * refusal is not final yet: this waits until that write can no longer arrive, and decides again. Example of a
 * resume:
 *
 *   move ──no answer── move refused, reads `draft` ──── user pauses ──── the first write arrives: live
 *                                  └─ a refusal here would be wrong       └─ decided again: it has our mark
 *
 * @param stopAt epoch ms after which it is not tried again
 * @throws the error of the last try of `decideOutcome`
 * @throws OutOfTimeError when the time ended before the last try. Its cause is an UncertainWriteError when
 *   there was no time left to make sure.
 */
export async function retryUntilCertain(
  clock: Clock,
  stopAt: number,
  decideOutcome: () => Promise<Outcome>,
): Promise<Outcome> {
  for (;;) {
    // An object, because TypeScript assumes that a variable which only a callback sets never changes.
    const writes = { uncertain: false };
    const outcome = await retryWithBackoff(clock, stopAt, async () => {
      try {
        return await decideOutcome();
      } catch (error) {
        if (error instanceof UncertainWriteError) writes.uncertain = true;
        throw error;
      }
    });
    if (!writes.uncertain || outcome.failure === undefined) return outcome;
    // A pause may end after half of its time, so this one is twice as long as the wait must be.
    if (clock.now() + 2 * LATE_WRITES_MS >= stopAt) {
      const why = 'A write without an answer may still arrive.';
      throw new OutOfTimeError(new UncertainWriteError(why, { ...outcome }));
    }
    await clock.pause(2 * LATE_WRITES_MS);
  }
}
