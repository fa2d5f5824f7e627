/** Tries again what failed: with growing pauses, while there is time. */
import { delayAfter } from '../domain/backoff.ts';
import { UncertainWriteError } from '../domain/errors.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Clock } from '../ports/clock.ts';

/** Tries of one call, the first included. */
const TRIES = 7;
/** In ms: all the pauses together are about three seconds. */
const PAUSES = { first: 50 };

/** How long a write whose answer was given up on may still be on its way: longer than any call may take. */
export const LATE_WRITES_MS = 5_000;

/** The time ended before the last try was made. `cause` is what the try before the end threw. */
export class OutOfTimeError extends Error {
  override readonly name = 'OutOfTimeError';

  constructor(cause: unknown) {
    super('No time is left for another try.', { cause });
  }
}

/**
 * Runs `attempt` until it succeeds, with growing pauses in between.
 *
 * @param stopAt epoch ms after which it is not tried again
 * @throws what `attempt` threw at its last try; OutOfTimeError when the time ended before that
 */
async function retryWithBackoff<T>(clock: Clock, stopAt: number, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === TRIES) throw error;
      const pauseMs = delayAfter(tries, PAUSES);
      if (clock.now() + pauseMs >= stopAt) throw new OutOfTimeError(error);
      await clock.pause(pauseMs);
    }
  }
}

/**
 * Decides an outcome that no write still in flight can change. When a try failed with an UncertainWriteError,
 * its write may have been carried out, or may be yet: a refusal counts only if it stands after that can no
 * longer be.
 *
 *   move ──no answer── move refused, reads `draft` ──── user pauses ──── the first write arrives: live
 *                                  └─ a refusal here would be untrue      └─ asked again: it bears our mark
 *
 * @param stopAt epoch ms after which it is not tried again
 * @throws what `decideOutcome` throws at its last try; OutOfTimeError when the time ended before that, with an
 *   UncertainWriteError as its cause when there was no time left to make sure
 */
export async function retryUntilCertain(
  clock: Clock,
  stopAt: number,
  decideOutcome: () => Promise<Outcome>,
): Promise<Outcome> {
  for (;;) {
    // An object: TypeScript takes a variable that only a callback sets for always false.
    const seen = { uncertain: false };
    const outcome = await retryWithBackoff(clock, stopAt, async () => {
      try {
        return await decideOutcome();
      } catch (error) {
        if (error instanceof UncertainWriteError) seen.uncertain = true;
        throw error;
      }
    });
    if (!seen.uncertain || outcome.failure === undefined) return outcome;
    // A pause may end after half of its time: twice as long waits at least once.
    if (clock.now() + 2 * LATE_WRITES_MS >= stopAt) {
      const why = 'A write without an answer may still arrive.';
      throw new OutOfTimeError(new UncertainWriteError(why, { ...outcome }));
    }
    await clock.pause(2 * LATE_WRITES_MS);
  }
}
