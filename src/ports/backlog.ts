/** How much work the stack has accepted and not carried out, as far as it is known (ADR 39). */

export interface Backlog {
  /**
   * Stores how many target groups all open jobs have together.
   *
   * @param at when they were counted, epoch ms
   */
  savePass(targetGroups: number, at: number): Promise<void>;

  /** Adds target groups to what was accepted in the minute of `at`, epoch ms. */
  addAccepted(targetGroups: number, at: number): Promise<void>;

  /**
   * Estimates the target groups of all open jobs at `now`, epoch ms: those of the last pass, and what was
   * accepted since the minute of that pass. May miss recent writes.
   */
  estimate(now: number): Promise<number>;
}
