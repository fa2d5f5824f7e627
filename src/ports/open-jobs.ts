/** The index of open jobs: each from its commit until its end is noted, ordered by when they are due. */
import type { Job, JobKey } from '../domain/job.ts';

/** An open job, and when reconcile is due to look at it. */
export interface DueJob extends JobKey {
  /** RFC 3339, UTC, milliseconds, `Z`. */
  readonly dueAt: string;
}

/** A count of some of the open jobs. */
export interface OpenJobsPage {
  readonly count: number;
  /** Creation of the oldest one (RFC 3339, UTC, milliseconds, `Z`), or undefined when there is none. */
  readonly oldestCreatedAt: string | undefined;
  /** The job after which the next page begins, or undefined when this is the last page. */
  readonly next: DueJob | undefined;
}

export interface OpenJobs {
  /**
   * Finds open jobs that are due at `now` (RFC 3339): at most `limit`, the longest due first, those that
   * follow `after`. May miss recent writes.
   */
  findDue(now: string, limit: number, after?: DueJob): Promise<DueJob[]>;

  /**
   * Counts open jobs, due or not, those that follow `after`: about `limit` of them, with one call to the
   * store. May miss recent writes.
   */
  count(limit: number, after?: DueJob): Promise<OpenJobsPage>;

  /**
   * Moves the time of a job's next look from `from` to `to`, and stores how many chunks are settled now.
   *
   * @returns the number stored at the look before, or `lost` when another run of reconcile moved it first
   */
  postpone(job: Job, from: string, to: string): Promise<{ readonly settledBefore: number } | 'lost'>;

  /**
   * Takes a job that has ended out of the index.
   *
   * @param now time of the job's end, epoch ms
   * @returns whether this call took it out
   */
  close(job: Job, now: number): Promise<boolean>;
}
