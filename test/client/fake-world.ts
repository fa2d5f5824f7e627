/** A world for the client in which pauses take no time, and are remembered. */
import type { World } from '../../client/world.ts';

export interface FakeWorld extends World {
  /** ms, in order. */
  readonly pauses: number[];
  advance(ms: number): void;
}

/** @param overrides `random` is 0.5 unless they say otherwise; the network is the real one */
export function fakeWorld(overrides: Partial<World> = {}): FakeWorld {
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
      // A turn of the event loop, so that what was aborted meanwhile is seen.
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
