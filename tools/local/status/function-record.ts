/** How often each function ran, how often it failed, and how long it took. */
import type { InvocationResult } from '../functions/messages.ts';
import type { InvocationWatch } from '../functions/pool.ts';

/** Percentiles are over so many of the latest invocations. */
const MOST_DURATIONS = 1_000;

export interface FunctionStats {
  readonly name: string;
  /** Those that have begun; throttled ones never did. */
  readonly invocations: number;
  readonly running: number;
  readonly errors: number;
  readonly throttles: number;
  /** Milliseconds, of the latest invocations, cold starts included; null before the first has ended. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Epoch milliseconds; null when it never ran. */
  readonly lastBegan: number | null;
  /** Null while no invocation has ended. */
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

  /** @param now epoch milliseconds */
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

/** The smallest value that is not below the given share of all. */
function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.ceil(sorted.length * share) - 1] ?? null;
}
