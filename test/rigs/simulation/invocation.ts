/** One invocation of a function: it runs until it answers, crashes, or is killed at its timeout. */
import type { Clock } from '../../../src/ports/clock.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { FUNCTIONS, type FunctionName } from './simulated-times.ts';

export class Invocation {
  /** The invocation's own clock, which is wrong by up to the skew of the profile. */
  readonly clock: Clock;
  /** The time after which it starts no further work, epoch ms by its own clock. */
  readonly stopAt: number;
  /** The true time at which it is killed, epoch ms. */
  endsAt: number;
  readonly fn: FunctionName;
  /** Unique name of this invocation. */
  readonly name: string;
  #diedAt = Infinity;
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler, random: Random, fn: FunctionName, number: number, skewMs: number) {
    const { timeoutMs, reserveMs } = FUNCTIONS[fn];
    const skew = random.int(-skewMs, skewMs);
    this.#scheduler = scheduler;
    this.fn = fn;
    this.name = `${fn}/${number}`;
    this.endsAt = scheduler.now + timeoutMs;
    this.stopAt = this.endsAt + skew - reserveMs;
    this.clock = {
      now: () => scheduler.now + skew,
      pause: (ms) =>
        new Promise((resolve) => {
          this.runAfter(Math.ceil((ms / 2) * (1 + random.next())), resolve);
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

  /** Calls `goOn` after `ms`, if the invocation is still running then. */
  runAfter(ms: number, goOn: () => void): void {
    this.#scheduler.runAfter(ms, () => {
      if (this.wasRunningAt(this.#scheduler.now)) goOn();
    });
  }
}
