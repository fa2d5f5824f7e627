/** Collects the faults of an input, so that its user can correct all of them at once. */
import { UsageError } from './tool-errors.ts';

const MAX_SHOWN = 20;

export class Faults {
  readonly #shown: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(fault: string): void {
    this.#count += 1;
    if (this.#shown.length < MAX_SHOWN) this.#shown.push(fault);
  }

  /** Yields what a reader yields. A UsageError of the reader, which ends it, is one more fault. */
  async *watch<T>(reader: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
    try {
      yield* reader;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#count += 1;
      // Shown in any case: nothing after it was read.
      this.#shown.push(error.message);
    }
  }

  /** One fault a line: at most 20, and how many more there are. */
  get text(): string {
    const more = this.#count - this.#shown.length;
    return [...this.#shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
  }
}
