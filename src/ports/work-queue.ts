/** The queue between the creation of a job and the work on it. */
import type { ChunkKey, Job } from '../domain/job.ts';
import type { Trace } from './jobs.ts';

/** All that a worker needs to work on a chunk: it reads neither the job nor its request. */
export interface ChunkWork {
  readonly chunk: ChunkKey;
  readonly job: Pick<Job, 'action' | 'createdBy'>;
  /** Whether it is the only chunk of its job: then the job ends with it. */
  readonly only: boolean;
  readonly ids: readonly string[];
  readonly trace: Trace;
}

export interface WorkQueue {
  /**
   * Sends the chunks; those that the queue refuses are tried again, and only those.
   *
   * @param until epoch ms; what is not sent by then is given up
   * @throws EnqueueFailedError when some could not be sent in time, or after all tries
   */
  send(work: readonly ChunkWork[], until: number): Promise<void>;
}
