/** Makes sure that an outcome is one that no write under way can still belie. */
import { UncertainWriteError } from '../domain/errors.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Clock } from '../ports/clock.ts';
import { patiently } from './patiently.ts';

/** How long a write whose answer was given up on may still be on its way: longer than any call may take. */
export const LATE_WRITES_MS = 5_000;

/**
 * Decides an outcome, patiently. When a try failed with an UncertainWriteError on the way, its write may have been
 * carried out, or be carried out yet: a refusal counts only if it stands after that can no longer be.
 *
 *   move ──no answer── move refused, reads `draft` ──── user pauses ──── the first write arrives: live
 *                                  └─ a refusal here would be untrue      └─ asked again: it bears our mark
 *
 * @param stopAt epoch ms after which it is not tried again
 * @throws UncertainWriteError when there is no time left to make sure, and what `settle` throws at its last try
 */
export async function certainly(
  clock: Clock,
  stopAt: number,
  settle: () => Promise<Outcome>,
): Promise<Outcome> {
  for (;;) {
    const tries = { uncertain: false };
    const outcome = await patiently(clock, stopAt, async () => {
      try {
        return await settle();
      } catch (error) {
        if (error instanceof UncertainWriteError) tries.uncertain = true;
        throw error;
      }
    });
    if (!tries.uncertain || outcome.failure === undefined) return outcome;
    // A pause may end at half of its time.
    if (clock.now() + 2 * LATE_WRITES_MS >= stopAt) {
      throw new UncertainWriteError('A write without an answer may still arrive.', { ...outcome });
    }
    await clock.pause(2 * LATE_WRITES_MS);
  }
}
