/** What the client asks of the world around it: time, chance and the network. Tests have their own. */
import { setTimeout as timer } from 'node:timers/promises';

export interface World {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** Resolves after `ms`. Rejects with the signal's reason as soon as it aborts. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Aborts after `ms`. */
  readonly timeout: (ms: number) => AbortSignal;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly fetch: typeof fetch;
}

export const realWorld: World = {
  now: () => performance.now(),
  pause: async (ms, signal) => {
    try {
      await timer(ms, undefined, { ...(signal && { signal }) });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
  timeout: (ms) => AbortSignal.timeout(ms),
  random: Math.random,
  fetch: (...args) => fetch(...args),
};
