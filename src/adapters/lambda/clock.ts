/** The system clock. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  pause: (ms) => wait((ms / 2) * (1 + Math.random())),
};
