/** Implements the backlog in memory, with the same promises as the one on DynamoDB. */
import {
  type Backlog,
  computeReadBack,
  findSlot,
  findSlotOfPass,
  LATER_PASS_MS,
} from '../../../src/ports/backlog.ts';

export class MemoryBacklog implements Backlog {
  #pass: { readonly targetGroups: number; readonly at: number } | undefined;
  /** Target groups by the start of their slot. */
  readonly #slots = new Map<number, number>();
  readonly #deadlineMs: number;

  /** @param deadlineMs time in which a job must end */
  constructor(deadlineMs = 3_600_000) {
    this.#deadlineMs = deadlineMs;
  }

  savePass(targetGroups: number, at: number): Promise<void> {
    const isLater = this.#pass !== undefined && this.#pass.at > at && this.#pass.at <= at + LATER_PASS_MS;
    if (!isLater) this.#pass = { targetGroups, at };
    return Promise.resolve();
  }

  addAccepted(targetGroups: number, at: number): Promise<void> {
    const slot = findSlot(at);
    this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + targetGroups);
    return Promise.resolve();
  }

  estimate(now: number): Promise<number> {
    const ofPass = this.#pass === undefined ? 0 : findSlotOfPass(Math.min(this.#pass.at, now));
    const since = Math.max(findSlot(now - computeReadBack(this.#deadlineMs)), ofPass);
    let sum = this.#pass?.targetGroups ?? 0;
    for (const [slot, targetGroups] of this.#slots) if (slot >= since) sum += targetGroups;
    return Promise.resolve(sum);
  }
}
