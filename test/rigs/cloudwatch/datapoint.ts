/** One value of a metric, as CloudWatch takes it in. */
import type { MetricReference } from './metric-reference.ts';

export interface Datapoint extends MetricReference {
  readonly unit: string;
  readonly value: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A name for a metric that differs from that of any other: namespace, name, and dimensions in whatever order. */
export function nameOf({ namespace, name, dimensions }: MetricReference): string {
  return `${namespace} ${name} ${JSON.stringify(Object.entries(dimensions).sort())}`;
}

/** Whether it is of that metric. */
export function isOf(point: Datapoint, metric: MetricReference): boolean {
  // The names first: they are compared thousands of times.
  return (
    point.name === metric.name && point.namespace === metric.namespace && nameOf(point) === nameOf(metric)
  );
}
