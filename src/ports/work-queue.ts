/** The queues between the creation of a job and the work on it. */
import type { ChunkKey, Job } from '../domain/job.ts';
import type { GiveUpReason } from '../domain/outcome.ts';
import type { Trace } from './jobs.ts';

/** All that a worker needs to work on a chunk, so that it reads neither the job nor its request (ADR 8). */
export interface ChunkWork {
  readonly chunk: ChunkKey;
  readonly job: Pick<Job, 'action' | 'createdBy' | 'deadlineAt'>;
  /** Whether it is the only chunk of its job. Then the job ends with this chunk. */
  readonly only: boolean;
  readonly ids: readonly string[];
  readonly trace: Trace;
}

/** A chunk that is to be settled by reading, without moving anything (ADR 38). */
export interface GiveUpWork extends ChunkWork {
  readonly reason: GiveUpReason;
}

export interface SendOptions {
  /** Epoch ms after which nothing is sent any more. */
  readonly until: number;
  /** Time for which the messages stay invisible, ms; none by default. A store may shorten it. */
  readonly delayMs?: number;
}

export interface WorkQueue<Work extends ChunkWork> {
  /**
   * Sends the chunks. Only the chunks that the queue refuses are sent again.
   *
   * @throws EnqueueFailedError when some chunks could not be sent in time, or after all tries. Those whose
   *   sending got no answer are among them, although they may have arrived.
   */
  send(work: readonly Work[], options: SendOptions): Promise<void>;

  /**
   * Returns about how many messages the queue holds: those that wait for a worker, those that a worker has or
   * has handed back, and those that were sent with a delay. All of them come, or come back, by themselves.
   */
  countMessages(): Promise<number>;
}
