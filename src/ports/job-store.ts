/** Where jobs live: the request, the one small item of the job, and the result of each chunk. */
import type { ChunkKey, ChunkResult, FailureGroup, Job, JobKey } from '../domain/job.ts';

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

/** A claim names its owner; only the owner of a claim may settle or release the chunk. */
export type Claim =
  /**
   * The chunk is ours until the claim ends. `begun` says that it may have been claimed before: whoever did may
   * have moved some of its target groups.
   */
  | { readonly kind: 'claimed'; readonly begun: boolean }
  /** Somebody else works on it, or did and died: their claim has not ended yet. */
  | { readonly kind: 'taken' }
  /** It has its result. */
  | { readonly kind: 'settled'; readonly failures: readonly FailureGroup[] };

/** A job that is due to be looked after. */
export interface DueJob extends JobKey {
  /** RFC 3339, UTC, milliseconds, `Z`. */
  readonly dueAt: string;
}

/** A job after its only chunk was added. */
export interface EndedJob {
  readonly job: Job;
  /** Whether this very call took it out of the index of unfinished jobs. */
  readonly closed: boolean;
}

/** Some of the unfinished jobs. */
export interface OpenJobs {
  readonly count: number;
  /** Of the oldest of them, RFC 3339, UTC, milliseconds, `Z`; undefined when there are none. */
  readonly oldestCreatedAt: string | undefined;
  /** Where the next ones begin; undefined when these are the last. */
  readonly next: DueJob | undefined;
}

export interface JobStore {
  /**
   * Keeps the ids of a request under their hash. May be repeated: what is there and lives as long stays. Touches
   * no other request of the same job.
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

  /** The results of all settled chunks of the job, in no order. */
  results(job: Job): Promise<ChunkResult[]>;

  /**
   * Claims a chunk, if it has no result and nobody's claim on it lasts beyond `now` (epoch ms). Who claims again
   * under the same name is told that the chunk is theirs; the end of their claim stays.
   *
   * @param until when the claim ends, epoch ms
   */
  claim(chunk: ChunkKey, owner: string, now: number, until: number): Promise<Claim>;

  /**
   * Gives the chunk back, so that whoever takes it up next need not wait for the end of the claim.
   *
   * @param until when it may be taken up, epoch ms
   */
  release(chunk: ChunkKey, owner: string, until: number): Promise<void>;

  /**
   * Writes the result of a chunk, if `owner` still holds it and it has none.
   *
   * @returns whether it was written. The first result stands.
   */
  settle(chunk: ChunkKey, owner: string, failures: readonly FailureGroup[], now: number): Promise<boolean>;

  /**
   * Adds a settled chunk to the job. May be repeated: adding to a set twice adds once.
   *
   * @returns the job as it is then, or undefined when there is no such creation of the job
   */
  addSettled(chunk: ChunkKey, broken: boolean): Promise<Job | undefined>;

  /**
   * Adds the only chunk of a job, as `addSettled`, and takes the job out of the index of unfinished jobs, as `close`,
   * in one write. May be repeated: one call closes the job.
   *
   * @returns undefined when there is no such creation of the job
   */
  addOnly(chunk: ChunkKey, broken: boolean, now: number): Promise<EndedJob | undefined>;

  /**
   * Takes a finished job out of the index of unfinished jobs.
   *
   * @returns whether this call did it
   */
  close(job: Job, now: number): Promise<boolean>;

  /**
   * The unfinished jobs that are due at `now`, the longest due first, at most `limit`, from behind `after` on.
   * May lag behind writes.
   */
  due(now: string, limit: number, after?: DueJob): Promise<DueJob[]>;

  /**
   * Counts unfinished jobs, due or not, from behind `after` on: about `limit` of them, in one call to the store.
   * May lag behind writes.
   */
  openJobs(limit: number, after?: DueJob): Promise<OpenJobs>;

  /**
   * Moves a job's next look from `from` to `to` and notes how many chunks were settled then.
   *
   * @returns the count noted the time before, or `lost` when somebody else has moved it
   */
  postpone(job: Job, from: string, to: string): Promise<{ readonly settledBefore: number } | 'lost'>;
}
