/** Stores the requests of jobs, and the state of each job. */
import type { ChunkKey, Job, JobKey } from '../domain/job.ts';

/** W3C trace context of the call that created a job: https://www.w3.org/TR/trace-context/ */
export interface Trace {
  readonly traceparent: string;
  readonly tracestate: string;
}

export interface JobRequest {
  /** The canonical ids: distinct and sorted. */
  readonly ids: readonly string[];
  readonly trace: Trace;
}

/** A job after its only chunk was added. */
export interface EndedJob {
  readonly job: Job;
  /** Whether this call took the job out of the index of open jobs. */
  readonly closed: boolean;
}

export interface Jobs {
  /**
   * Stores the ids of a request under their hash, unless they are there and expire no earlier.
   * May be repeated. Does not change a request with other ids for the same job id.
   */
  saveRequest(job: JobKey & Pick<Job, 'bodyHash' | 'expiresAt'>, request: JobRequest): Promise<void>;

  /**
   * Creates the job. This is the commit point (ADR 2): of all attempts for one job id, one gets `created`.
   *
   * @param owner names this attempt, so that it gets `created` even when the answer of its first try was lost
   * @param now epoch ms; a job whose life has ended by then counts as absent
   * @returns `created`, or the job that another attempt has created
   */
  commit(job: Job, owner: string, now: number): Promise<'created' | Job>;

  /**
   * Returns the job, if it exists and its life has not ended by `now` (epoch ms). Sees every write that was
   * acknowledged before.
   */
  find(key: JobKey, now: number): Promise<Job | undefined>;

  /**
   * Reads the request of a job.
   *
   * @throws InconsistentStoreError when there is no such request
   */
  readRequest(job: Job): Promise<JobRequest>;

  /**
   * Adds a settled chunk to the job's set of settled chunks (ADR 3). May be repeated.
   *
   * @param broken whether a target group of the chunk ended as `InternalError`
   * @returns the job after that, or undefined when the job is gone, or was created anew under the same id
   */
  addChunk(chunk: ChunkKey, broken: boolean): Promise<Job | undefined>;

  /**
   * Adds the only chunk of a job, as `addChunk` does, and takes the job out of the index of open jobs, as
   * `OpenJobs.close` does, in one write. May be repeated: one of the calls closes the job.
   *
   * @param now time of the job's end, epoch ms
   * @returns undefined when the job is gone, or was created anew under the same id
   */
  addOnlyChunk(chunk: ChunkKey, broken: boolean, now: number): Promise<EndedJob | undefined>;
}
