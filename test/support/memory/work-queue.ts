/** Implements the work queue in memory: keeps the chunks that were sent, until a test delivers them. */
import type { ChunkWork, WorkQueue } from '../../../src/ports/work-queue.ts';

export class MemoryWorkQueue implements WorkQueue {
  readonly sent: ChunkWork[] = [];

  send(work: readonly ChunkWork[], _until: number): Promise<void> {
    this.sent.push(...work);
    return Promise.resolve();
  }
}
