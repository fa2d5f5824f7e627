/** Counts the invocations, errors and throttles of a function, and measures its durations. */
import type { InvocationResult } from '../functions/messages.ts';
import type { InvocationWatch } from '../functions/pool.ts';

/** Percentiles are computed over this number of the latest invocations. */
const MOST_DURATIONS = 1_000;

export interface FunctionStats {
  readonly name: string;
  /** Invocations that have begun; throttled ones are not included. */
  readonly invocations: number;
  readonly running: number;
  readonly errors: number;
  readonly throttles: number;
  /**
   * Percentiles of the latest durations in milliseconds, with cold starts; null before the first has ended.
   */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Epoch milliseconds at which the latest invocation began; null when there was none. */
  readonly lastBegan: number | null;
  /** Whether the latest ended invocation failed; null when none has ended. */
  readonly lastFailed: boolean | null;
}

export class FunctionRecord implements InvocationWatch {
  readonly #name: string;
  readonly #now: () => number;
  readonly #durations: number[] = [];
  #ended = 0;
  #running = 0;
  #errors = 0;
  #throttles = 0;
  #lastBegan: number | null = null;
  #lastFailed: boolean | null = null;

  /** @param now returns epoch milliseconds */
  constructor(name: string, now: () => number) {
    this.#name = name;
    this.#now = now;
  }

  onThrottled(): void {
    this.#throttles += 1;
  }

  begin(): (result: InvocationResult) => void {
    const began = this.#now();
    this.#running += 1;
    this.#lastBegan = began;
    return ({ ok }) => {
      this.#running -= 1;
      this.#durations[this.#ended % MOST_DURATIONS] = this.#now() - began;
      this.#ended += 1;
      this.#lastFailed = !ok;
      if (!ok) this.#errors += 1;
    };
  }

  get stats(): FunctionStats {
    const name = this.#name;
    const ended = this.#ended;
    const running = this.#running;
    const errors = this.#errors;
    const throttles = this.#throttles;
    const lastBegan = this.#lastBegan;
    const lastFailed = this.#lastFailed;
    const sorted = [...this.#durations].sort((a, b) => a - b);
    return {
      name,
      invocations: ended + running,
      running,
      errors,
      throttles,
      p50: computePercentile(sorted, 0.5),
      p99: computePercentile(sorted, 0.99),
      lastBegan,
      lastFailed,
    };
  }
}

/** Returns the smallest value that at least the given share of all values does not exceed. */
function computePercentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.ceil(sorted.length * share) - 1] ?? null;
}
