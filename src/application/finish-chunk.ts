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

/** What is known of a chunk that has its result. */
export interface FinishedChunk {
  /** Whether it is the only chunk of its job. */
  readonly only: boolean;
  readonly broken: boolean;
  /** Whether the chunk had its result before: then it may be in the set already. */
  readonly repeated: boolean;
}

/**
 * May be repeated: the set-add adds once, and one call closes the job.
 *
 * The only chunk of a job ends it for certain, so that both are one write. Of several chunks none knows that it is the
 * last before the job has told it so.
 */
export async function finishChunk(
  world: FinishWorld,
  chunk: ChunkKey,
  { only, broken, repeated }: FinishedChunk,
): Promise<void> {
  const { jobs, clock, journal } = world;
  const { jobId } = chunk;
  const now = clock.now();
  const { job, closed } = only
    ? ((await jobs.addOnly(chunk, broken, now)) ?? {})
    : { job: await jobs.addSettled(chunk, broken), closed: false };
  if (job === undefined) {
    journal.note({ event: 'job.unknown', jobId, chunk: chunk.index });
    return;
  }
  if (job.settled.size === 1 && !repeated) {
    journal.note({ event: 'job.first-outcome', jobId, ms: clock.now() - Date.parse(job.createdAt) });
  }
  if (closed) {
    noteEnd(world, job, now);
  } else if (only && !repeated) {
    // Another delivery found our result and ended the job before us, or our own first try did and its answer was lost.
    noteLost(world, job);
  } else {
    await closeIfFinished(world, job);
  }
}

/**
 * Takes a job out of the index of unfinished jobs if it has ended. A crash before this write loses nothing:
 * the job's status follows from its settled chunks, and reconcile comes by for the index.
 */
export async function closeIfFinished(world: FinishWorld, job: Job): Promise<void> {
  if (statusOf(job) === 'Processing' || !job.open) return;
  const now = world.clock.now();
  if (await world.jobs.close(job, now)) noteEnd(world, job, now);
  else noteLost(world, job);
}

/** @param now as the job was closed with, epoch ms */
function noteEnd({ journal }: FinishWorld, job: Job, now: number): void {
  journal.note({
    event: 'job.finished',
    jobId: job.jobId,
    status: statusOf(job),
    ms: now - Date.parse(job.createdAt),
  });
}

function noteLost({ journal }: FinishWorld, { jobId }: Job): void {
  journal.note({ event: 'race.lost', race: 'close', jobId });
}
