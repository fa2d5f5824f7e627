/** Every name that stands as `message` in a log line, with its level. The names are stable: queries use them. */
import type { Entry } from '../ports/journal.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** What only the runtime reports; the rest are the journal's entries. */
export type RuntimeEntry =
  /** A request was answered 2xx. */
  | { readonly event: 'request.answered'; readonly status: number; readonly route: string }
  /** A request was answered 4xx. `errorId` is what the client was told. */
  | {
      readonly event: 'request.refused';
      readonly errorId: string;
      readonly status: number;
      readonly route: string;
      /** The class of an error that we expect, and what it knows. */
      readonly kind?: string;
      readonly evidence?: unknown;
      readonly cause?: unknown;
    }
  /** A request was answered 5xx. `errorId` is what the client was told. */
  | {
      readonly event: 'request.failed';
      readonly errorId: string;
      readonly status: number;
      readonly route: string;
      readonly cause: unknown;
    }
  /** The keys of the token issuer could not be fetched: those that are known stay in use, others are refused. */
  | { readonly event: 'issuer.unreachable'; readonly cause: unknown }
  /** A chunk failed in a way that the use case does not expect: the store refuses, or a bug. */
  | {
      readonly event: 'chunk.failed';
      readonly jobId: string;
      readonly chunk: number;
      readonly cause: unknown;
    }
  /** A queue message is none of ours. It is delivered as often as any that fails, then it is a dead letter. */
  | { readonly event: 'message.unparsable'; readonly messageId: string; readonly cause: unknown };

/** Everything that is reported. */
export type Report = Entry | RuntimeEntry;

export type EventName = Report['event'];

export const LEVELS: Readonly<Record<EventName, Level>> = {
  'job.created': 'info',
  'job.replayed': 'info',
  'job.first-outcome': 'debug',
  'job.finished': 'info',
  'job.re-enqueued': 'warn',
  'job.deadline-passed': 'warn',
  'job.not-reconciled': 'error',
  'job.unknown': 'warn',
  'fan-out.sent': 'info',
  'fan-out.failed': 'error',
  'chunk.claimed': 'debug',
  'chunk.settled': 'info',
  'chunk.repeated': 'info',
  'chunk.handed-back': 'warn',
  'chunk.failed': 'error',
  'chunk.expired': 'warn',
  'open-jobs.counted': 'debug',
  'open-jobs.not-counted': 'warn',
  'idempotency.bypassed': 'info',
  'race.lost': 'info',
  'request.answered': 'debug',
  'request.refused': 'info',
  'request.failed': 'error',
  'issuer.unreachable': 'warn',
  'message.unparsable': 'error',
};
