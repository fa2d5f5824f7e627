/** Implements the work queues in memory: each keeps what was sent, until a test delivers it. */
import type { ChunkWork, SendOptions, WorkQueue } from '../../../src/ports/work-queue.ts';

export class MemoryWorkQueue<Work extends ChunkWork> implements WorkQueue<Work> {
  readonly sent: Work[] = [];
  /** The options of each call of `send`. */
  readonly options: SendOptions[] = [];

  send(work: readonly Work[], options: SendOptions): Promise<void> {
    this.sent.push(...work);
    this.options.push(options);
    return Promise.resolve();
  }

  countMessages(): Promise<number> {
    return Promise.resolve(this.sent.length);
  }
}
