/** Where jobs live: the request of each, and its one small item. */
import type { ChunkKey, Job, JobKey } from '../domain/job.ts';

/** W3C trace context of the call that created a job. */
export interface Trace {
  readonly traceparent: string;
  readonly tracestate: string;
}

export interface JobRequest {
  /** Canonical: distinct and sorted. */
  readonly ids: readonly string[];
  readonly trace: Trace;
}

/** A job after its only chunk was added. */
export interface EndedJob {
  readonly job: Job;
  /** Whether this very call took it out of the index of open jobs. */
  readonly closed: boolean;
}

export interface Jobs {
  /**
   * Keeps the ids of a request under their hash. May be repeated: what is there and lives as long stays.
   * Touches no other request of the same job.
   */
  saveRequest(job: JobKey & Pick<Job, 'bodyHash' | 'expiresAt'>, request: JobRequest): Promise<void>;

  /**
   * Creates the job: the commit point. Of all who try for one job id, one gets `created`.
   *
   * @param owner names this attempt: one whose answer was lost on the way finds itself to be the creator
   * @param now epoch ms: a job whose life has ended by then is as good as not there
   * @param dueAt when the job is first looked after (RFC 3339, UTC, milliseconds, `Z`)
   */
  commit(job: Job, owner: string, now: number, dueAt: string): Promise<'created' | Job>;

  /** The tenant's job, if it is there and its life has not ended by `now` (epoch ms). Sees every acknowledged write. */
  find(key: JobKey, now: number): Promise<Job | undefined>;

  /** @throws InconsistentStoreError when the job's request is not there */
  request(job: Job): Promise<JobRequest>;

  /**
   * Adds a settled chunk to the job. May be repeated: adding to a set twice adds once.
   *
   * @returns the job as it is then, or undefined when there is no such creation of the job
   */
  addSettled(chunk: ChunkKey, broken: boolean): Promise<Job | undefined>;

  /**
   * Adds the only chunk of a job, as `addSettled`, and takes the job out of the index of open jobs, as
   * `OpenJobs.close`, in one write. May be repeated: one call closes the job.
   *
   * @returns undefined when there is no such creation of the job
   */
  addOnly(chunk: ChunkKey, broken: boolean, now: number): Promise<EndedJob | undefined>;
}
