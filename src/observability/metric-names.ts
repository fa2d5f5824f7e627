/** Names, units and dimensions of all metrics, for the functions and for the stack's graphs and alarms. */
import { FAILURE_CODES } from '../domain/outcome.ts';
import { RACES } from '../ports/journal.ts';

/** Value of `service`, a dimension of every metric and a field of every log line. */
export const SERVICE = 'fielding-jobs';

export interface Metric {
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds';
  /** The dimension besides `service`, if there is one, with all its possible values. */
  readonly by?: { readonly dimension: string; readonly values: readonly string[] };
}

/** Whose limit on open work refuses a job. */
export const LIMITED = ['account', 'stack'] as const;

export const METRICS = {
  JobsCreated: { unit: 'Count' },
  JobsReplayed: { unit: 'Count' },
  JobsRefused: { unit: 'Count', by: { dimension: 'limit_of', values: LIMITED } },
  AdmissionsUnknown: { unit: 'Count' },
  IdempotencyConflicts: { unit: 'Count' },
  IdempotencyBypassed: { unit: 'Count' },
  FanOutsFailed: { unit: 'Count' },
  JobsCompleted: { unit: 'Count' },
  JobsFailed: { unit: 'Count' },
  JobDuration: { unit: 'Milliseconds' },
  TimeToFirstOutcome: { unit: 'Milliseconds' },
  TargetGroupsUpdated: { unit: 'Count' },
  TargetGroupsFailed: { unit: 'Count', by: { dimension: 'reason', values: FAILURE_CODES } },
  ChunksHandedBack: { unit: 'Count' },
  DuplicateDeliveries: { unit: 'Count' },
  UnparsableMessages: { unit: 'Count' },
  ChunksReEnqueued: { unit: 'Count' },
  LostRaces: { unit: 'Count', by: { dimension: 'race', values: RACES } },
  OpenJobs: { unit: 'Count' },
  OldestOpenJobAge: { unit: 'Seconds' },
  JobsNotReconciled: { unit: 'Count' },
  IssuerUnreachable: { unit: 'Count' },
  KeySetsNotRenewed: { unit: 'Count' },
  RequestsUnauthenticated: { unit: 'Count' },
  RequestsUnavailable: { unit: 'Count' },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
