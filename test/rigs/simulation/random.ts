/** The only random source of the simulator: it is seeded, so a seed determines the whole schedule. */

/** Mulberry32: it is fast, and its 32 bits of state are enough to pick faults. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Mixes the bits of the seed: otherwise neighbouring seeds would begin with similar numbers.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
    this.next();
  }

  /** Draws a number of at least 0 and less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** Returns true with the given probability; a probability of 0 draws no number. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** Draws a whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** Draws one item. @throws RangeError if there are none */
  pick<T>(items: readonly T[]): T {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** Draws a subset: each item with the given probability, in the given order. */
  pickSome<T>(items: readonly T[], probability: number): T[] {
    return items.filter(() => this.chance(probability));
  }

  shuffle<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, at: this.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
}
