/** The dependencies of the client: a clock, randomness and the network. Tests replace them. */
import { setTimeout as timer } from 'node:timers/promises';
import { fetchByProxy } from './fetch-by-proxy.ts';

export interface ClientDeps {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Resolves after `ms` milliseconds. Rejects with the reason of the signal as soon as it aborts. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Returns a signal that aborts after `ms` milliseconds. */
  readonly timeout: (ms: number) => AbortSignal;
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number;
  readonly fetch: typeof fetch;
}

export const realDeps: ClientDeps = {
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
  fetch: fetchByProxy,
};
