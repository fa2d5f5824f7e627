/** How much work the stack has accepted and not carried out, as far as it is known (ADR 39). */

/** What is accepted is added up in slots of so many ms. */
const SLOT_MS = 10_000;

/**
 * What was accepted so many ms before a pass is counted again: the index that the pass read, and the clocks,
 * may be behind.
 */
const MARGIN_MS = 10_000;

/** What is younger counts without a pass, ms, however short the deadline is. */
const LEAST_READ_BACK_MS = 900_000;

/**
 * How much later than a run of reconcile that still works another one may begin, by its own clock, ms: a run
 * takes less than a minute, and the clocks may be a minute apart.
 */
export const LATER_PASS_MS = 120_000;

export interface Backlog {
  /**
   * Stores how many target groups all open jobs have together. A later pass stays, unless it is later by more
   * than LATER_PASS_MS: then it is of a clock that was ahead.
   *
   * @param at when they were counted, epoch ms
   */
  savePass(targetGroups: number, at: number): Promise<void>;

  /** Adds target groups to what was accepted in the slot of `at`, epoch ms. */
  addAccepted(targetGroups: number, at: number): Promise<void>;

  /**
   * Estimates the target groups of all open jobs at `now`, epoch ms: those of the last pass, and what was
   * accepted in the slots since. May miss recent writes.
   */
  estimate(now: number): Promise<number>;
}

/** Returns the start of the slot of a time, epoch ms. */
export function findSlot(at: number): number {
  return Math.floor(at / SLOT_MS) * SLOT_MS;
}

/**
 * Computes how long what was accepted counts without a pass that has seen it, ms. In half of the time that a
 * job has, the workers carry out all that the limit lets in (lib/open-work.ts), so older work is done.
 */
export function computeReadBack(deadlineMs: number): number {
  return Math.max(LEAST_READ_BACK_MS, deadlineMs / 2);
}

/** Returns the first slot that counts beside a pass, epoch ms. */
export function findSlotOfPass(at: number): number {
  return findSlot(at - MARGIN_MS);
}
