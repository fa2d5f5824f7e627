/** Counts the events of the last minute in bounded memory. */

const SECONDS = 60;

export class RecentCount {
  readonly #counts = new Array<number>(SECONDS).fill(0);
  /** The epoch second of each count. */
  readonly #seconds = new Array<number>(SECONDS).fill(-Infinity);

  /** @param now epoch milliseconds */
  add(now: number): void {
    const second = Math.floor(now / 1_000);
    const slot = second % SECONDS;
    const counted = this.#seconds[slot] === second ? (this.#counts[slot] ?? 0) : 0;
    this.#counts[slot] = counted + 1;
    this.#seconds[slot] = second;
  }

  /** @param now epoch milliseconds */
  getTotal(now: number): number {
    const oldest = Math.floor(now / 1_000) - SECONDS;
    return this.#counts.reduce(
      (sum, count, slot) => sum + ((this.#seconds[slot] ?? 0) > oldest ? count : 0),
      0,
    );
  }
}
