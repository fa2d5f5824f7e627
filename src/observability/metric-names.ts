/** The metrics that the functions publish, by name: what the functions write, and what the stack graphs and watches. */
import { FAILURE_CODES } from '../domain/outcome.ts';
import { RACES } from '../ports/journal.ts';

/** Value of the dimension `service`, which every metric and every log line has. */
export const SERVICE = 'fielding-jobs';

export interface Metric {
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds';
  /** The dimension that it has besides `service`, with every value that it can have. */
  readonly by?: { readonly dimension: string; readonly values: readonly string[] };
}

export const METRICS = {
  JobsCreated: { unit: 'Count' },
  JobsReplayed: { unit: 'Count' },
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
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
