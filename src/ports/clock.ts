/** The time, as the application sees it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after about `ms`: the half of it at least, the rest by chance, so that waiters part. */
  pause(ms: number): Promise<void>;
}
