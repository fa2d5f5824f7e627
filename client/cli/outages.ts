/** Prints one line for an outage: many requests fail many times while it lasts. */
import type { Retry } from '../retry-with-jitter.ts';

/** An answer may come in between, so that the next failure is of the same outage. */
const QUIET_MS = 60_000;

export class Outages {
  readonly #print: (line: string) => void;
  readonly #now: () => number;
  readonly #retryForMs: number;
  #printedAt = -Infinity;
  #isPrinted = false;

  /**
   * @param now milliseconds of a monotonic clock
   * @param retryForMs how long each request is repeated
   */
  constructor(print: (line: string) => void, now: () => number, retryForMs: number) {
    this.#print = print;
    this.#now = now;
    this.#retryForMs = retryForMs;
  }

  /** Notes that a request is repeated. */
  noteRetry({ what, reason, pauseMs }: Retry): void {
    if (this.#isPrinted || this.#now() - this.#printedAt < QUIET_MS) return;
    this.#isPrinted = true;
    this.#printedAt = this.#now();
    this.#print(
      `${what}: ${reason}; again in ${Math.ceil(pauseMs / 1_000)} s, for up to ${this.#retryForMs / 1_000} s`,
    );
  }

  /** Notes that the API has answered. */
  noteAnswer(): void {
    this.#isPrinted = false;
  }
}
