/** Reads a job and, once it has ended, the outcomes of its target groups. */
import type { Action } from '../domain/actions.ts';
import { JobNotFoundError } from '../domain/errors.ts';
import type { Tenant } from '../domain/ids.ts';
import { type Job, listOutcomes, deriveStatus } from '../domain/job.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Chunks } from '../ports/chunks.ts';
import type { Clock } from '../ports/clock.ts';
import type { Jobs } from '../ports/jobs.ts';

export interface GetJobDeps {
  readonly jobs: Jobs;
  readonly chunks: Chunks;
  readonly clock: Clock;
}

/**
 * Returns the job and, once it has ended, the outcome of every target group in the order of the ids. Returns
 * no outcomes before, so that a poll of an open job reads one small item, whatever the size of the job.
 *
 * @throws JobNotFoundError also when the job belongs to another project, account or action
 */
export async function getJob(
  { jobs, chunks, clock }: GetJobDeps,
  tenant: Tenant,
  action: Action,
  jobId: string,
): Promise<{ job: Job; outcomes: Outcome[] }> {
  const job = await jobs.find({ ...tenant, jobId }, clock.now());
  if (job?.action !== action) {
    throw new JobNotFoundError('The project has no such job.', { ...tenant, action, jobId });
  }
  if (deriveStatus(job) === 'Processing') return { job, outcomes: [] };
  const [{ ids }, results] = await Promise.all([jobs.readRequest(job), chunks.readResults(job)]);
  return { job, outcomes: listOutcomes(job, ids, results) };
}
