/** Implements the backlog in memory, with the same promises as the one on DynamoDB. */
import type { Backlog } from '../../../src/ports/backlog.ts';

const MINUTE_MS = 60_000;
/** Minutes that are read back. */
const READ_BACK = 15;

export class MemoryBacklog implements Backlog {
  #pass: { readonly targetGroups: number; readonly at: number } | undefined;
  readonly #minutes = new Map<number, number>();

  savePass(targetGroups: number, at: number): Promise<void> {
    this.#pass = { targetGroups, at };
    return Promise.resolve();
  }

  addAccepted(targetGroups: number, at: number): Promise<void> {
    const minute = Math.floor(at / MINUTE_MS);
    this.#minutes.set(minute, (this.#minutes.get(minute) ?? 0) + targetGroups);
    return Promise.resolve();
  }

  estimate(now: number): Promise<number> {
    const since = Math.max(
      Math.floor((this.#pass?.at ?? 0) / MINUTE_MS),
      Math.floor(now / MINUTE_MS) - READ_BACK,
    );
    let sum = this.#pass?.targetGroups ?? 0;
    for (const [minute, targetGroups] of this.#minutes) if (minute >= since) sum += targetGroups;
    return Promise.resolve(sum);
  }
}
