/** Dependencies of the client for tests: pauses take no time and are recorded. */
import type { ClientDeps } from '../../client/client-deps.ts';

export interface FakeDeps extends ClientDeps {
  /** Lengths of the pauses in ms, in order. */
  readonly pauses: number[];
  advance(ms: number): void;
}

/** @param overrides replace the defaults: `random` returns 0.5, and `fetch` uses the real network */
export function makeFakeDeps(overrides: Partial<ClientDeps> = {}): FakeDeps {
  let now = 1_000;
  const pauses: number[] = [];
  return {
    pauses,
    advance: (ms) => {
      now += ms;
    },
    now: () => now,
    pause: (ms, signal) => {
      pauses.push(ms);
      now += ms;
      // Waits one turn of the event loop, so that an abort in the meantime is seen.
      return new Promise((resolve, reject) => {
        setImmediate(() => {
          if (signal?.aborted === true) reject(signal.reason as Error);
          else resolve();
        });
      });
    },
    timeout: (ms) => AbortSignal.timeout(ms),
    random: () => 0.5,
    fetch: (...args) => fetch(...args),
    ...overrides,
  };
}
