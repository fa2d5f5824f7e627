/** Names and levels of all log events. The name is the `message` of a line; it is stable for queries. */
import type { Entry } from '../ports/journal.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** The events that the handlers report. All others are entries that the use cases write to the journal. */
type HandlerEntry =
  /** A request was answered 2xx. */
  | { readonly event: 'request.answered'; readonly status: number; readonly route: string }
  /** A request was answered 4xx. `errorId` is the id in the client's answer. */
  | {
      readonly event: 'request.refused';
      readonly errorId: string;
      readonly status: number;
      readonly route: string;
      /** The class of a known error; `evidence` holds its facts. */
      readonly kind?: string;
      readonly evidence?: unknown;
      readonly cause?: unknown;
    }
  /** A request was answered 5xx. `errorId` is the id in the client's answer. */
  | {
      readonly event: 'request.failed';
      readonly errorId: string;
      readonly status: number;
      readonly route: string;
      readonly cause: unknown;
    }
  /** A function that verifies tokens could not fetch the issuer's keys. Known keys stay in use. */
  | { readonly event: 'issuer.unreachable'; readonly cause: unknown }
  /** The stored keys, fetched `ageMs` ago, took the place of older ones or of none. */
  | { readonly event: 'key-set.restored'; readonly ageMs: number }
  /** The stored keys could not be read. */
  | { readonly event: 'key-set.not-read'; readonly cause: unknown }
  /** A chunk failed with an error that the use case does not handle: the store failed, or there is a bug. */
  | {
      readonly event: 'chunk.failed';
      readonly jobId: string;
      readonly chunk: number;
      readonly cause: unknown;
    }
  /** The Tracer could not be loaded, or a segment not be made: X-Ray lacks it, and nothing else does. */
  | { readonly event: 'tracer.failed'; readonly cause: unknown }
  /** A message is neither work nor a give-up. After `maxReceiveCount` deliveries it is a dead letter. */
  | { readonly event: 'message.unparsable'; readonly messageId: string; readonly cause: unknown };

/** Any event. */
export type Report = Entry | HandlerEntry;

export type EventName = Report['event'];

export const LEVELS: Readonly<Record<EventName, Level>> = {
  'job.created': 'info',
  'job.replayed': 'info',
  'job.first-outcome': 'debug',
  'job.finished': 'info',
  'job.re-enqueued': 'warn',
  'job.deadline-passed': 'warn',
  'job.last-resort': 'warn',
  'resends.withheld': 'info',
  'job.not-reconciled': 'error',
  'job.unknown': 'warn',
  'job.refused': 'warn',
  'admission.unknown': 'warn',
  'admission.not-counted': 'warn',
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
  'key-set.restored': 'info',
  'key-set.not-read': 'warn',
  'key-set.not-renewed': 'warn',
  'tracer.failed': 'warn',
  'message.unparsable': 'error',
};
