/** The time, as the application sees it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}
