/** Refers to the metrics that the functions publish (ADR 23). */
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS, type MetricName, SERVICE } from '../../src/observability/metric-names.ts';

/** The names of metrics with another dimension besides `service`. */
type DividedName = {
  [Name in MetricName]: (typeof METRICS)[Name] extends { by: object } ? Name : never;
}[MetricName];

/** The metrics of one stack's functions. Their namespace is the name of the stack. */
export class OwnMetrics {
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** Makes a metric without another dimension. */
  makeWholeMetric(metricName: Exclude<MetricName, DividedName>, options: MetricOptions = {}): Metric {
    return this.#makeMetric(metricName, {}, options);
  }

  /** Makes one metric for each value of the other dimension, labelled with the value. */
  makeDividedMetrics(metricName: DividedName, options: MetricOptions = {}): Metric[] {
    const { dimension, values } = METRICS[metricName].by;
    return values.map((value) =>
      this.#makeMetric(metricName, { [dimension]: value }, { label: value, ...options }),
    );
  }

  /** Makes the metric of one value of the other dimension. */
  makePartMetric<Name extends DividedName>(
    metricName: Name,
    value: (typeof METRICS)[Name]['by']['values'][number],
    options: MetricOptions = {},
  ): Metric {
    return this.#makeMetric(metricName, { [METRICS[metricName].by.dimension]: value }, options);
  }

  #makeMetric(metricName: MetricName, dimensions: Record<string, string>, options: MetricOptions): Metric {
    return new Metric({
      namespace: this.#namespace,
      metricName,
      statistic: 'Sum',
      ...options,
      dimensionsMap: { service: SERVICE, ...dimensions },
    });
  }
}
