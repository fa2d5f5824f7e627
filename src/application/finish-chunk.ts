/** Tells a job that one of its chunks has its result, and takes the job out of the open ones when it was the last. */
import { type ChunkKey, type Job, statusOf } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Journal } from '../ports/journal.ts';

export interface FinishWorld {
  readonly jobs: JobStore;
  readonly clock: Clock;
  readonly journal: Journal;
}

/**
 * May be repeated: the set-add adds once, and one call closes the job.
 *
 * @param repeated whether the chunk had its result before: then it may be in the set already
 */
export async function finishChunk(
  world: FinishWorld,
  chunk: ChunkKey,
  { broken, repeated }: { readonly broken: boolean; readonly repeated: boolean },
): Promise<void> {
  const { clock, journal } = world;
  const { jobId } = chunk;
  const job = await world.jobs.addSettled(chunk, broken);
  if (job === undefined) {
    journal.note({ event: 'job.unknown', jobId, chunk: chunk.index });
    return;
  }
  if (job.settled.size === 1 && !repeated) {
    journal.note({ event: 'job.first-outcome', jobId, ms: clock.now() - Date.parse(job.createdAt) });
  }
  await closeIfFinished(world, job);
}

/**
 * Takes a job out of the index of unfinished jobs if it has ended. A crash before this write loses nothing:
 * the job's status follows from its settled chunks, and reconcile comes by for the index.
 */
export async function closeIfFinished({ jobs, clock, journal }: FinishWorld, job: Job): Promise<void> {
  const status = statusOf(job);
  if (status === 'Processing' || !job.open) return;
  const now = clock.now();
  if (await jobs.close(job, now)) {
    journal.note({ event: 'job.finished', jobId: job.jobId, status, ms: now - Date.parse(job.createdAt) });
  } else {
    journal.note({ event: 'race.lost', race: 'close', jobId: job.jobId });
  }
}
