/** The index of open jobs: those that have not ended, in the order in which they are due to be looked after. */
import type { Job, JobKey } from '../domain/job.ts';

/** An open job, and when it is due to be looked after. */
export interface DueJob extends JobKey {
  /** RFC 3339, UTC, milliseconds, `Z`. */
  readonly dueAt: string;
}

/** Some of the open jobs. */
export interface OpenJobsPage {
  readonly count: number;
  /** Of the oldest of them, RFC 3339, UTC, milliseconds, `Z`; undefined when there are none. */
  readonly oldestCreatedAt: string | undefined;
  /** Where the next ones begin; undefined when these are the last. */
  readonly next: DueJob | undefined;
}

export interface OpenJobs {
  /**
   * The open jobs that are due at `now`, the longest due first, at most `limit`, from behind `after` on.
   * May lag behind writes.
   */
  due(now: string, limit: number, after?: DueJob): Promise<DueJob[]>;

  /**
   * Counts open jobs, due or not, from behind `after` on: about `limit` of them, in one call to the store.
   * May lag behind writes.
   */
  count(limit: number, after?: DueJob): Promise<OpenJobsPage>;

  /**
   * Moves a job's next look from `from` to `to` and notes how many chunks were settled then.
   *
   * @returns the count noted the time before, or `lost` when somebody else has moved it
   */
  postpone(job: Job, from: string, to: string): Promise<{ readonly settledBefore: number } | 'lost'>;

  /**
   * Takes a job that has ended out of the index.
   *
   * @returns whether this call did it
   */
  close(job: Job, now: number): Promise<boolean>;
}
