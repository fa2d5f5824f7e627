/** One run of a function. It lives until it answers, crashes, or is killed at its timeout. */
import type { Clock } from '../../../src/ports/clock.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { FUNCTIONS, type FunctionName } from './timing.ts';

export class Invocation {
  /** Its own clock, which is wrong by up to the world's skew. */
  readonly clock: Clock;
  /** The instant, by its own clock, after which it takes up no further work. */
  readonly stopAt: number;
  /** The true time at which it is killed, if it is not dead by then. */
  endsAt: number;
  readonly fn: FunctionName;
  /** Names this very run. */
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
          this.after(Math.ceil((ms / 2) * (1 + random.next())), resolve);
        }),
    };
  }

  /** Stops it where it stands: nothing that it waits for comes back to it. */
  crash(): void {
    this.#diedAt = Math.min(this.#diedAt, this.#scheduler.now);
  }

  /** Whether it was still running at `time`, a true time that has come. */
  ranAt(time: number): boolean {
    return time < this.#diedAt && time < this.endsAt;
  }

  /** Goes on with it after `ms`, if it is alive then. */
  after(ms: number, goOn: () => void): void {
    this.#scheduler.after(ms, () => {
      if (this.ranAt(this.#scheduler.now)) goOn();
    });
  }
}
