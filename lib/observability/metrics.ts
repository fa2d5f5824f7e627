/**
 * The metrics that the functions publish, by name, and how the stack refers to them. The functions have the same list
 * (src/observability/metrics.ts); a test holds the two in step.
 */
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';

/** Dimension that every metric has, with the value that the functions' environment sets. */
export const SERVICE = 'fielding-jobs';

interface MetricNotes {
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds';
  /** A dimension besides `service`, with every value that it can have. */
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
  TargetGroupsFailed: {
    unit: 'Count',
    by: {
      dimension: 'reason',
      values: ['TargetGroupNotFound', 'StatusTransitionNotAllowed', 'InternalError'],
    },
  },
  ChunksHandedBack: { unit: 'Count' },
  DuplicateDeliveries: { unit: 'Count' },
  UnparsableMessages: { unit: 'Count' },
  ChunksReEnqueued: { unit: 'Count' },
  LostRaces: {
    unit: 'Count',
    by: { dimension: 'race', values: ['commit', 'claim', 'settle', 'move', 'close', 'postpone'] },
  },
  OpenJobs: { unit: 'Count' },
  OldestOpenJobAge: { unit: 'Seconds' },
  JobsNotReconciled: { unit: 'Count' },
  IssuerUnreachable: { unit: 'Count' },
} as const satisfies Record<string, MetricNotes>;

export type MetricName = keyof typeof METRICS;

/** Metrics with a dimension of their own besides `service`. */
type DividedName = {
  [Name in MetricName]: (typeof METRICS)[Name] extends { by: object } ? Name : never;
}[MetricName];

/** The functions' metrics of one stack: their namespace is its name. */
export class OwnMetrics {
  private readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** A metric that is not divided further. */
  whole(metricName: Exclude<MetricName, DividedName>, options: MetricOptions = {}): Metric {
    return this.metric(metricName, {}, options);
  }

  /** A divided metric: one for each value of its dimension, labelled by it. */
  divided(metricName: DividedName, options: MetricOptions = {}): Metric[] {
    const { dimension, values } = METRICS[metricName].by;
    return values.map((value) =>
      this.metric(metricName, { [dimension]: value }, { label: value, ...options }),
    );
  }

  private metric(metricName: MetricName, dimensions: Record<string, string>, options: MetricOptions): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName,
      statistic: 'Sum',
      ...options,
      dimensionsMap: { service: SERVICE, ...dimensions },
    });
  }
}
