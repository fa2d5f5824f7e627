/** What the application tells the operators: one entry per thing that happened, by name. */
import type { Action } from '../domain/actions.ts';
import type { JobStatus } from '../domain/job.ts';

/** The races that somebody must lose. Losing is safe in each (the code says why); it is counted all the same. */
export const RACES = [
  /** Two creations of one job: the other one committed. */
  'commit',
  /** A chunk was delivered while another worker held it. */
  'claim',
  /** A worker's claim ended and somebody else took the chunk over. */
  'settle',
  /** A target group changed between the refused write and the read that should explain it. */
  'move',
  /** Another worker, or reconcile, took the finished job out of the index. */
  'close',
  /** Another reconcile looked after the job. */
  'postpone',
] as const;

export type Race = (typeof RACES)[number];

/** Whom and what an entry is about, where its writer knows. */
export interface Subject {
  readonly accountId?: number;
  readonly projectId?: string;
  readonly action?: Action;
  readonly jobId?: string;
  readonly chunk?: number;
  /** Of the call that created the job. */
  readonly traceparent?: string;
}

interface OfJob {
  readonly jobId: string;
}

interface OfChunk extends OfJob {
  readonly chunk: number;
}

export type Entry =
  | (OfJob & {
      readonly event: 'job.created';
      readonly accountId: number;
      readonly projectId: string;
      readonly action: Action;
      readonly targetGroups: number;
      readonly chunks: number;
    })
  | (OfJob & { readonly event: 'job.replayed'; readonly accountId: number; readonly projectId: string })
  | (OfJob & { readonly event: 'fan-out.sent'; readonly chunks: number })
  | (OfJob & { readonly event: 'fan-out.failed'; readonly cause: unknown })
  | (OfChunk & {
      readonly event: 'chunk.settled';
      readonly updated: number;
      readonly failed: number;
      readonly failuresByCode: Readonly<Record<string, number>>;
      readonly ms: number;
    })
  /** `begun`: somebody may have worked on it before. */
  | (OfChunk & { readonly event: 'chunk.claimed'; readonly begun: boolean })
  | (OfChunk & { readonly event: 'chunk.repeated' })
  | (OfChunk & { readonly event: 'chunk.handed-back'; readonly unfinished: number; readonly cause: unknown })
  | (OfChunk & { readonly event: 'job.unknown' })
  | (OfChunk & { readonly event: 'chunk.expired' })
  /** The first chunk of the job has its result, `ms` after the job's creation. */
  | (OfJob & { readonly event: 'job.first-outcome'; readonly ms: number })
  | (OfJob & { readonly event: 'job.finished'; readonly status: JobStatus; readonly ms: number })
  | (OfJob & { readonly event: 'job.re-enqueued'; readonly chunks: number })
  | (OfJob & { readonly event: 'job.deadline-passed'; readonly chunks: number })
  | (OfJob & { readonly event: 'job.not-reconciled'; readonly cause: unknown })
  /** How many jobs are unfinished, and the age of the oldest: 0 and 0 when there is none. */
  | {
      readonly event: 'open-jobs.counted';
      readonly count: number;
      readonly oldestSeconds: number;
      /** Whether these are all: when not, there are more, and an older one may be among them. */
      readonly complete: boolean;
    }
  | { readonly event: 'open-jobs.not-counted'; readonly cause: unknown }
  | { readonly event: 'idempotency.bypassed'; readonly jobId: string; readonly cause: unknown }
  | { readonly event: 'race.lost'; readonly race: Race; readonly jobId: string };

export interface Journal {
  /** @param subject what is known besides what the entry itself says */
  note(entry: Entry, subject?: Subject): void;
}
