/** Makes the settings of property-based tests. A failure prints its seed, and `FC_SEED=<seed>` replays it. */
import type { Parameters } from 'fast-check';

export function makePropertySettings(numRuns: number): Parameters<unknown> {
  const seed = process.env['FC_SEED'];
  return { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) };
}
