/** The system clock. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';

/** Computes how long a pause of `ms` lasts: from half of it on. @param random at least 0 and less than 1 */
export function computePauseMs(ms: number, random: number): number {
  return (ms / 2) * (1 + random);
}

export const systemClock: Clock = {
  now: () => Date.now(),
  pause: (ms) => wait(computePauseMs(ms, Math.random())),
};
