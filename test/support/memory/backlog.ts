/** Implements the backlog in memory, with the same promises as the one on DynamoDB. */
import { type Backlog, findOldestSlot, findSlot, findSlotOfPass } from '../../../src/ports/backlog.ts';

export class MemoryBacklog implements Backlog {
  #pass: { readonly targetGroups: number; readonly at: number } | undefined;
  /** Target groups by the start of their slot. */
  readonly #slots = new Map<number, number>();

  savePass(targetGroups: number, at: number): Promise<void> {
    if (this.#pass === undefined || this.#pass.at <= at) this.#pass = { targetGroups, at };
    return Promise.resolve();
  }

  addAccepted(targetGroups: number, at: number): Promise<void> {
    const slot = findSlot(at);
    this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + targetGroups);
    return Promise.resolve();
  }

  estimate(now: number): Promise<number> {
    const ofPass = this.#pass === undefined ? 0 : findSlotOfPass(Math.min(this.#pass.at, now));
    const since = Math.max(findOldestSlot(now), ofPass);
    let sum = this.#pass?.targetGroups ?? 0;
    for (const [slot, targetGroups] of this.#slots) if (slot >= since) sum += targetGroups;
    return Promise.resolve(sum);
  }
}
