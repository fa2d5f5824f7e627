/** Adds a settled chunk to its job, and takes a job that has ended out of the index of open jobs. */
import { type Job, deriveStatus } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Journal } from '../ports/journal.ts';
import type { OpenJobs } from '../ports/open-jobs.ts';
import type { ChunkWork } from '../ports/work-queue.ts';

export interface AddChunkDeps {
  readonly jobs: Jobs;
  readonly openJobs: OpenJobs;
  readonly clock: Clock;
  readonly journal: Journal;
}

/**
 * Adds a settled chunk to its job, and takes the job out of the index of open jobs if that was the last
 * chunk. May be repeated: a set holds a chunk once (ADR 3), and only one call closes the job.
 *
 * The only chunk of a job always ends the job, so one write does both. When a job has several chunks, only
 * the answer of the first write shows whether the chunk was the last one (ADR 4).
 *
 * @param repeated whether the chunk was settled before this attempt, so that the job may have it already
 */
export async function addChunkToJob(
  deps: AddChunkDeps,
  { chunk, only }: ChunkWork,
  { broken, repeated }: { readonly broken: boolean; readonly repeated: boolean },
): Promise<void> {
  const { jobs, clock, journal } = deps;
  const { jobId } = chunk;
  const now = clock.now();
  const ended = only ? await jobs.addOnlyChunk(chunk, broken, now) : undefined;
  const job = only ? ended?.job : await jobs.addChunk(chunk, broken);
  if (job === undefined) {
    journal.note({ event: 'job.unknown', jobId, chunk: chunk.index });
    return;
  }
  if (job.settled.size === 1 && !repeated) {
    journal.note({ event: 'job.first-outcome', jobId, ms: clock.now() - Date.parse(job.createdAt) });
  }
  if (ended?.closed === true) {
    noteEnd(journal, job, now);
  } else if (only && !repeated) {
    // Another delivery found our result and closed the job first, or the answer of our first try was lost.
    journal.note({ event: 'race.lost', race: 'close', jobId });
  } else {
    await closeIfEnded(deps, job);
  }
}

/**
 * Takes a job out of the index of open jobs if it has ended. A crash before this write is harmless: the job's
 * status follows from its settled chunks, and reconcile takes the job out of the index later.
 */
export async function closeIfEnded(
  { openJobs, clock, journal }: Pick<AddChunkDeps, 'openJobs' | 'clock' | 'journal'>,
  job: Job,
): Promise<void> {
  if (deriveStatus(job) === 'Processing' || job.look === undefined) return;
  const now = clock.now();
  if (await openJobs.close(job, now)) noteEnd(journal, job, now);
  else journal.note({ event: 'race.lost', race: 'close', jobId: job.jobId });
}

/** @param now time at which the job was closed, epoch ms */
function noteEnd(journal: Journal, job: Job, now: number): void {
  journal.note({
    event: 'job.finished',
    jobId: job.jobId,
    status: deriveStatus(job),
    ms: now - Date.parse(job.createdAt),
  });
}
