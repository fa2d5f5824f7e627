/** The clock of the use cases, which tests and the simulation replace. */
export interface Clock {
  /** Returns the current time in epoch milliseconds. */
  now(): number;
  /** Waits a random time from `ms`/2 to `ms`, so that callers that failed together do not retry together. */
  pause(ms: number): Promise<void>;
}
