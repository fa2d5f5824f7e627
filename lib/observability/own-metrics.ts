/** How the stack refers to the metrics that its functions publish. */
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS, type MetricName, SERVICE } from '../../src/observability/metric-names.ts';

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
