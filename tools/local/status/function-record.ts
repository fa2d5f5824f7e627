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
  private readonly name: string;
  private readonly now: () => number;
  private readonly durations: number[] = [];
  private ended = 0;
  private running = 0;
  private errors = 0;
  private throttles = 0;
  private lastBegan: number | null = null;
  private lastFailed: boolean | null = null;

  /** @param now returns epoch milliseconds */
  constructor(name: string, now: () => number) {
    this.name = name;
    this.now = now;
  }

  throttled(): void {
    this.throttles += 1;
  }

  begin(): (result: InvocationResult) => void {
    const began = this.now();
    this.running += 1;
    this.lastBegan = began;
    return ({ ok }) => {
      this.running -= 1;
      this.durations[this.ended % MOST_DURATIONS] = this.now() - began;
      this.ended += 1;
      this.lastFailed = !ok;
      if (!ok) this.errors += 1;
    };
  }

  get stats(): FunctionStats {
    const { name, ended, running, errors, throttles, lastBegan, lastFailed } = this;
    const sorted = [...this.durations].sort((a, b) => a - b);
    return {
      name,
      invocations: ended + running,
      running,
      errors,
      throttles,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      lastBegan,
      lastFailed,
    };
  }
}

/** Returns the smallest value that at least the given share of all values does not exceed. */
function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.ceil(sorted.length * share) - 1] ?? null;
}
