/** Cuts a job's request into the chunks that are sent to the queue. */
import { type Job, countChunks, selectChunkIds } from '../domain/job.ts';
import type { Trace } from '../ports/jobs.ts';
import type { ChunkWork } from '../ports/work-queue.ts';

/**
 * @param ids all canonical ids of the job
 * @param indexes the chunks to return
 */
export function cutIntoChunks(
  job: Job,
  ids: readonly string[],
  indexes: readonly number[],
  trace: Trace,
): ChunkWork[] {
  const { jobId, createdAt, expiresAt, accountId, projectId, action, createdBy, deadlineAt } = job;
  return indexes.map((index) => ({
    chunk: { accountId, projectId, jobId, createdAt, expiresAt, index },
    job: { action, createdBy, deadlineAt },
    only: countChunks(job) === 1,
    ids: selectChunkIds(ids, index, job.chunkSize),
    trace,
  }));
}
