/** Waits for what comes a little later. */
import { setTimeout as pause } from 'node:timers/promises';

/** Looks again and again, until it finds something: neither undefined nor false. */
export async function until<T>(
  look: () => T | Promise<T>,
  everyMs = 20,
): Promise<Exclude<T, undefined | false>> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    await pause(everyMs);
  }
}
