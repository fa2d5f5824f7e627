/** The queue between the creation of a job and the work on it. */
import type { ChunkKey, Job } from '../domain/job.ts';
import type { Trace } from './jobs.ts';

/** All that a worker needs to work on a chunk, so that it reads neither the job nor its request (ADR 8). */
export interface ChunkWork {
  readonly chunk: ChunkKey;
  readonly job: Pick<Job, 'action' | 'createdBy'>;
  /** Whether it is the only chunk of its job. Then the job ends with this chunk. */
  readonly only: boolean;
  readonly ids: readonly string[];
  readonly trace: Trace;
}

export interface WorkQueue {
  /**
   * Sends the chunks. Only the chunks that the queue refuses are sent again.
   *
   * @param until epoch ms after which no chunk is sent any more
   * @throws EnqueueFailedError when some chunks could not be sent in time, or after all tries
   */
  send(work: readonly ChunkWork[], until: number): Promise<void>;
}
