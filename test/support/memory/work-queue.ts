/** A queue in memory: keeps what was sent, for whoever delivers it. */
import type { ChunkWork, WorkQueue } from '../../../src/ports/work-queue.ts';

export class MemoryWorkQueue implements WorkQueue {
  readonly sent: ChunkWork[] = [];

  send(work: readonly ChunkWork[], _until: number): Promise<void> {
    this.sent.push(...work);
    return Promise.resolve();
  }
}
