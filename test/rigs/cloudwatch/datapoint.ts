/** A datapoint: one value of a metric, as CloudWatch receives it. */
import type { MetricReference } from './metric-reference.ts';

export interface Datapoint extends MetricReference {
  readonly unit: string;
  readonly value: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Makes a unique name of a metric from its namespace, name and dimensions, whatever the order of these. */
export function makeMetricName({ namespace, name, dimensions }: MetricReference): string {
  return `${namespace} ${name} ${JSON.stringify(Object.entries(dimensions).sort())}`;
}

/** Whether a datapoint belongs to a metric. */
export function isOfMetric(point: Datapoint, metric: MetricReference): boolean {
  // Compares the names first: this runs thousands of times.
  return (
    point.name === metric.name &&
    point.namespace === metric.namespace &&
    makeMetricName(point) === makeMetricName(metric)
  );
}
