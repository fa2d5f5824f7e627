/** What the use cases report to the operators: one named entry per event. */
import type { Action } from '../domain/actions.ts';
import type { JobStatus } from '../domain/job.ts';

/** The races that two attempts can run. To lose one is safe; the lost races are counted for the operators. */
export const RACES = [
  /** Another creation of the same job committed first. */
  'commit',
  /** A chunk was delivered while another owner held its claim. */
  'claim',
  /** The claim ended before the result was written, and another owner claimed the chunk. */
  'settle',
  /** A target group changed between a refused write and the read that should explain the refusal. */
  'move',
  /** Another worker, or reconcile, took the ended job out of the index of open jobs first. */
  'close',
  /** Another run of reconcile looked at the job first. */
  'postpone',
] as const;

type Race = (typeof RACES)[number];

/** The limits on open work: of an account, and of the whole stack. */
export type Limit = 'account-jobs' | 'account-target-groups' | 'stack';

/** What an entry is about, as far as its writer knows it. */
export interface Subject {
  readonly accountId?: number;
  readonly projectId?: string;
  readonly action?: Action;
  readonly jobId?: string;
  readonly chunk?: number;
  /** W3C `traceparent` of the call that created the job. */
  readonly traceparent?: string;
}

interface JobFields {
  readonly jobId: string;
}

interface ChunkFields extends JobFields {
  readonly chunk: number;
}

export type Entry =
  | (JobFields & {
      readonly event: 'job.created';
      readonly accountId: number;
      readonly projectId: string;
      readonly action: Action;
      readonly targetGroups: number;
      readonly chunks: number;
    })
  | (JobFields & { readonly event: 'job.replayed'; readonly accountId: number; readonly projectId: string })
  | (JobFields & { readonly event: 'fan-out.sent'; readonly chunks: number })
  | (JobFields & { readonly event: 'fan-out.failed'; readonly cause: unknown })
  | (ChunkFields & {
      readonly event: 'chunk.settled';
      readonly updated: number;
      readonly failed: number;
      readonly failuresByCode: Readonly<Record<string, number>>;
      readonly ms: number;
    })
  /** `begun`: the chunk was claimed before, so work on it may have begun already. */
  | (ChunkFields & { readonly event: 'chunk.claimed'; readonly begun: boolean })
  | (ChunkFields & { readonly event: 'chunk.repeated' })
  | (ChunkFields & {
      readonly event: 'chunk.handed-back';
      readonly unfinished: number;
      readonly cause: unknown;
    })
  | (ChunkFields & { readonly event: 'job.unknown' })
  | (ChunkFields & { readonly event: 'chunk.expired' })
  /** The first chunk of the job has its result, `ms` milliseconds after the job's creation. */
  | (JobFields & { readonly event: 'job.first-outcome'; readonly ms: number })
  | (JobFields & { readonly event: 'job.finished'; readonly status: JobStatus; readonly ms: number })
  | (JobFields & { readonly event: 'job.re-enqueued'; readonly chunks: number })
  /** The chunks of a job past its deadline were sent as give-ups. */
  | (JobFields & { readonly event: 'job.deadline-passed'; readonly chunks: number })
  /** Reconcile settles the chunks of a job itself, because nobody has done so long after its deadline. */
  | (JobFields & { readonly event: 'job.last-resort'; readonly chunks: number })
  /** Nothing was sent again for these jobs in this run, because a full queue explains why they wait. */
  | { readonly event: 'resends.withheld'; readonly jobs: number }
  | (JobFields & { readonly event: 'job.not-reconciled'; readonly cause: unknown })
  /** The number of open jobs and the age of the oldest one; both are 0 when there is none. */
  | {
      readonly event: 'open-jobs.counted';
      readonly count: number;
      readonly oldestSeconds: number;
      /** Whether all open jobs were counted. If not, there are more, and an older one may be among them. */
      readonly complete: boolean;
    }
  | { readonly event: 'open-jobs.not-counted'; readonly cause: unknown }
  /** A job was not created, because a limit on open jobs is reached. */
  | (JobFields & { readonly event: 'job.refused'; readonly limit: Limit; readonly targetGroups: number })
  /** A limit could not be checked, so the job was let through. */
  | { readonly event: 'admission.unknown'; readonly cause: unknown }
  /** A new job could not be added to what was accepted since the last pass, or a pass not be stored. */
  | { readonly event: 'admission.not-counted'; readonly cause: unknown }
  /** The stored keys of the token issuer could not be renewed: the issuer, or the table, did not answer. */
  | { readonly event: 'key-set.not-renewed'; readonly cause: unknown }
  | { readonly event: 'idempotency.bypassed'; readonly jobId: string; readonly cause: unknown }
  | { readonly event: 'race.lost'; readonly race: Race; readonly jobId: string };

export interface Journal {
  /**
   * Records an entry.
   *
   * @param subject further facts about what the entry concerns
   */
  note(entry: Entry, subject?: Subject): void;
}
