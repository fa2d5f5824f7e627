/** The index of open jobs, by account: each from its commit until its end is noted (ADR 38). */
import type { Action } from '../domain/actions.ts';
import type { Job, JobKey, Look } from '../domain/job.ts';

/** An open job as the index shows it, which may be minutes behind the job itself. */
export interface OpenJob extends JobKey {
  /** RFC 3339, UTC, milliseconds, `Z`. */
  readonly createdAt: string;
  /** When reconcile is due to look at it (RFC 3339, UTC, milliseconds, `Z`). */
  readonly dueAt: string;
  /** Undefined if this release does not know it: the job is damaged, or of a later release. */
  readonly action: Action | undefined;
  /** Number of its target groups. Undefined if the job is damaged. */
  readonly total: number | undefined;
}

/** Behind which job, or behind all jobs of which account, a page begins. */
export type PageStart = Pick<OpenJob, 'accountId'> &
  Partial<Pick<OpenJob, 'projectId' | 'jobId' | 'createdAt'>> & {
    /** The place of that job as the store knows it, which goes before the rest. */
    readonly key?: string;
  };

export interface OpenJobsPage {
  readonly jobs: readonly OpenJob[];
  /** The start of the next page, or undefined when this is the last one. */
  readonly next: PageStart | undefined;
}

export interface OpenJobs {
  /**
   * Reads open jobs of one shard, ordered by account and then by creation: about `limit` of them, with one
   * call to the store. May miss recent writes.
   *
   * @param shard 0 to 15: `computeShard` of an account
   */
  readShard(shard: number, limit: number, after?: PageStart): Promise<OpenJobsPage>;

  /** Reads at most `limit` open jobs of an account, the oldest first. May miss recent writes. */
  readAccount(accountId: number, limit: number): Promise<OpenJob[]>;

  /**
   * Stores what a look at an open job has noted, and with it the time of the next one.
   *
   * @param job with the look before. Of several calls with the same one, one succeeds.
   * @returns whether it was stored; if not, another run of reconcile was first, or the job is closed
   */
  postpone(job: Job & { readonly look: Look }, look: Look): Promise<boolean>;

  /**
   * Takes a job that has ended out of the index.
   *
   * @param now time of the job's end, epoch ms
   * @returns whether this call took it out
   */
  close(job: Job, now: number): Promise<boolean>;
}
