/** What has to be ended when the stack stops, the last started first. */
export class Closers {
  private readonly steps: (() => Promise<unknown>)[] = [];
  private closed: Promise<void> | undefined;

  add(step: () => Promise<unknown>): void {
    this.steps.push(step);
  }

  /** Runs every step, one after the other, even when one fails. Once, however often it is called. */
  close(): Promise<void> {
    this.closed ??= this.run();
    return this.closed;
  }

  private async run(): Promise<void> {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      await step().catch(() => undefined);
    }
  }
}
