/** The time, as the application sees it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after a random time from `ms`/2 to `ms`, so that callers that failed together do not retry together. */
  pause(ms: number): Promise<void>;
}
