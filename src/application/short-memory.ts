/** Remembers values for a time. What is over is forgotten, so that the memory does not grow for ever. */
export class ShortMemory<K, V> {
  readonly #keptMs: number;
  /** The oldest one first. */
  readonly #entries = new Map<K, { readonly value: V; readonly until: number }>();

  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @param now epoch ms */
  find(key: K, now: number): V | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > now ? entry.value : undefined;
  }

  /** @param now epoch ms */
  remember(key: K, value: V, now: number): void {
    // A key that is set again would keep its place.
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: now + this.#keptMs });
    for (const [old, { until }] of this.#entries) {
      if (until > now) break;
      this.#entries.delete(old);
    }
  }

  forget(key: K): void {
    this.#entries.delete(key);
  }
}
