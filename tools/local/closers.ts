/** Collects the steps that stop the parts of a stack, and runs them in reverse order. */
export class Closers {
  readonly #steps: (() => Promise<unknown>)[] = [];
  #closed: Promise<void> | undefined;

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /**
   * Runs every step once, one after the other, also after a failed one; a repeated call returns the same
   * promise.
   */
  close(): Promise<void> {
    this.#closed ??= this.#run();
    return this.#closed;
  }

  async #run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      await step().catch(() => undefined);
    }
  }
}
