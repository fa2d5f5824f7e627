/** One invocation of a function: it runs until it answers, crashes, or is killed at its timeout. */
import { computePauseMs } from '../../../src/adapters/lambda/clock.ts';
import { computeStopTime, HAND_BACK_MS } from '../../../src/adapters/lambda/stop-time.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Profile } from './profile.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { FUNCTIONS, type FunctionName } from './simulated-times.ts';

export interface InvocationOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly fn: FunctionName;
  readonly number: number;
  readonly profile: Profile;
  /** The error of its clock, ms; drawn by default. */
  readonly skewMs?: number | undefined;
}

export class Invocation {
  /** The invocation's own clock, which is wrong by up to the skew of the profile. */
  readonly clock: Clock;
  /** The time after which it starts no further work, epoch ms by its own clock. */
  readonly stopAt: number;
  /** The time after which it hands back nothing, epoch ms by its own clock. */
  readonly handBackBy: number;
  /** The true time at which it is killed, epoch ms. */
  endsAt: number;
  readonly fn: FunctionName;
  /** The error of its clock, ms. */
  readonly skewMs: number;
  /** Unique name of this invocation. */
  readonly name: string;
  #diedAt = Infinity;
  readonly #scheduler: Scheduler;

  constructor({ scheduler, random, fn, number, profile, skewMs }: InvocationOptions) {
    const { timeoutMs, reserveMs } = FUNCTIONS[fn];
    const skew = skewMs ?? drawSkewMs(random, profile);
    this.skewMs = skew;
    this.#scheduler = scheduler;
    this.fn = fn;
    this.name = `${fn}/${number}`;
    this.endsAt = scheduler.now + timeoutMs;
    const now = () => scheduler.now + skew;
    const context = { getRemainingTimeInMillis: () => timeoutMs };
    this.stopAt = computeStopTime(context, reserveMs, now());
    this.handBackBy = computeStopTime(context, HAND_BACK_MS, now());
    this.clock = {
      now,
      pause: (ms) =>
        new Promise((resolve) => {
          const share = random.chance(profile.edges) ? 0 : random.next();
          this.runAfter(Math.ceil(computePauseMs(ms, share)), resolve);
        }),
    };
  }

  /** Stops the invocation: it receives no further answer. */
  crash(): void {
    this.#diedAt = Math.min(this.#diedAt, this.#scheduler.now);
  }

  /** Whether it was still running at `time`, a true time that is not in the future. */
  wasRunningAt(time: number): boolean {
    return time < this.#diedAt && time < this.endsAt;
  }

  /** Waits until it is killed at its timeout, if it has not ended before. */
  waitForEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.runAfter(Math.max(0, this.endsAt - this.#scheduler.now), resolve);
    });
  }

  /** Calls `goOn` after `ms`, if the invocation is still running then. */
  runAfter(ms: number, goOn: () => void): void {
    this.#scheduler.runAfter(ms, () => {
      if (this.wasRunningAt(this.#scheduler.now)) goOn();
    });
  }
}

function drawSkewMs(random: Random, { edges, skewMs }: Profile): number {
  return random.chance(edges) ? random.pick([-skewMs, skewMs]) : random.int(-skewMs, skewMs);
}
