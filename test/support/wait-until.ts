/** Waits until a condition holds. */
import { setTimeout as pause } from 'node:timers/promises';

/** Calls `look` every `everyMs` until it returns neither undefined nor false, and returns its result. */
export async function waitUntil<T>(
  look: () => T | Promise<T>,
  everyMs = 20,
): Promise<Exclude<T, undefined | false>> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    await pause(everyMs);
  }
}
