/** Tries again what may work the next time: a throttled call, a lost answer, a lost race. */
import type { Clock } from '../ports/clock.ts';

const TRIES = 7;
/** Doubles with every try: all the pauses together are about three seconds. */
const FIRST_PAUSE_MS = 50;

/**
 * Runs `work` until it succeeds, with growing pauses in between.
 *
 * @param stopAt epoch ms after which it is not tried again
 * @throws what `work` threw at its last try
 */
export async function patiently<T>(clock: Clock, stopAt: number, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const pauseMs = FIRST_PAUSE_MS * 2 ** (tries - 1);
      if (tries === TRIES || clock.now() + pauseMs >= stopAt) throw error;
      await clock.pause(pauseMs);
    }
  }
}
