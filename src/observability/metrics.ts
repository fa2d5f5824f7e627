/** Maps each event to the measurements that it adds to the metrics (ADR 23). */
import type { KnownError } from '../domain/known-error.ts';
import type { Report } from './events.ts';
import type { LIMITED, MetricName } from './metric-names.ts';

export interface Measurement {
  readonly name: MetricName;
  readonly value: number;
  /** Value of the metric's dimension, if it has one. */
  readonly dimension?: string;
}

/** Lists the measurements of an event. A comment says why an event has none. */
export function listMeasurements(report: Report): Measurement[] {
  switch (report.event) {
    case 'job.created':
      return [countOne('JobsCreated')];
    case 'job.replayed':
      return [countOne('JobsReplayed')];
    case 'job.refused':
      return [
        {
          name: 'JobsRefused',
          value: 1,
          dimension: (report.limit === 'stack' ? 'stack' : 'account') satisfies (typeof LIMITED)[number],
        },
      ];
    case 'admission.unknown':
    case 'admission.not-counted':
      return [countOne('AdmissionsUnknown')];
    case 'idempotency.bypassed':
      return [countOne('IdempotencyBypassed')];
    case 'fan-out.failed':
      return [countOne('FanOutsFailed')];
    case 'job.first-outcome':
      return [{ name: 'TimeToFirstOutcome', value: report.ms }];
    case 'job.finished':
      return [
        countOne(report.status === 'Failed' ? 'JobsFailed' : 'JobsCompleted'),
        { name: 'JobDuration', value: report.ms },
      ];
    case 'chunk.settled':
      return [
        { name: 'TargetGroupsUpdated', value: report.updated },
        ...Object.entries(report.failuresByCode).map(([code, value]) => ({
          name: 'TargetGroupsFailed' as const,
          value,
          dimension: code,
        })),
      ];
    case 'chunk.repeated':
      return [countOne('DuplicateDeliveries')];
    case 'chunk.handed-back':
      return [countOne('ChunksHandedBack')];
    case 'message.unparsable':
      return [countOne('UnparsableMessages')];
    case 'job.re-enqueued':
      return [{ name: 'ChunksReEnqueued', value: report.chunks }];
    case 'race.lost':
      return [{ name: 'LostRaces', value: 1, dimension: report.race }];
    case 'open-jobs.counted':
      return [
        { name: 'OpenJobs', value: report.count },
        { name: 'OldestOpenJobAge', value: report.oldestSeconds },
      ];
    case 'job.not-reconciled':
      return [countOne('JobsNotReconciled')];
    case 'issuer.unreachable':
      return [countOne('IssuerUnreachable')];
    case 'key-set.not-renewed':
      return [countOne('KeySetsNotRenewed')];
    case 'request.refused':
      if (report.status === 401) return [countOne('RequestsUnauthenticated')];
      if (report.status === 503) return [countOne('RequestsUnavailable')];
      return report.kind === ('IdempotencyKeyReusedError' satisfies KnownError['name'])
        ? [countOne('IdempotencyConflicts')]
        : [];
    // The API's own metrics count these.
    case 'request.answered':
    case 'request.failed':
      return [];
    // OldestOpenJobAge shows a job that does not end. The queue's own metrics show a chunk that fails.
    case 'job.deadline-passed':
    case 'job.last-resort':
    case 'chunk.failed':
      return [];
    // Intermediate steps, and rare events for which the log is enough.
    case 'fan-out.sent':
    case 'chunk.claimed':
    case 'chunk.expired':
    case 'job.unknown':
    case 'open-jobs.not-counted':
    case 'key-set.restored':
    case 'key-set.not-read':
    case 'resends.withheld':
    case 'tracer.failed':
      return [];
  }
}

function countOne(name: MetricName): Measurement {
  return { name, value: 1 };
}
