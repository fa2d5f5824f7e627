/** Every name that stands as `message` in a log line, with its level. The names are stable: queries use them. */
import type { Entry } from '../../ports/journal.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** What only the runtime reports; the rest are the journal's entries. */
type RuntimeEvent =
  /** A request was answered 4xx: `status`, `error_id`, and why. */
  | 'request.refused'
  /** A request was answered 5xx: `error_id` is what the client was told. */
  | 'request.failed'
  /** The keys of the token issuer could not be fetched: those that are known stay in use, others are refused. */
  | 'issuer.unreachable'
  /** A chunk failed in a way that the use case does not expect: the store refuses, or a bug. */
  | 'chunk.failed'
  /** A queue message is none of ours. It is delivered as often as any that fails, then it is a dead letter. */
  | 'message.unparsable';

export type EventName = Entry['event'] | RuntimeEvent;

export const LEVELS: Readonly<Record<EventName, Level>> = {
  'job.created': 'info',
  'job.replayed': 'info',
  'job.finished': 'info',
  'job.re-enqueued': 'warn',
  'job.deadline-passed': 'warn',
  'job.not-reconciled': 'error',
  'job.unknown': 'warn',
  'fan-out.sent': 'info',
  'fan-out.failed': 'error',
  'chunk.settled': 'info',
  'chunk.repeated': 'info',
  'chunk.handed-back': 'warn',
  'chunk.failed': 'error',
  'chunk.expired': 'warn',
  'idempotency.bypassed': 'info',
  'race.lost': 'info',
  'request.refused': 'info',
  'request.failed': 'error',
  'issuer.unreachable': 'warn',
  'message.unparsable': 'error',
};
