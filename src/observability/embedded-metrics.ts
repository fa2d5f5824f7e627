/**
 * Metrics as log lines in CloudWatch's embedded metric format (ADR 23). CloudWatch reads the metrics from the
 * log, so no calls are needed. The measurements of an invocation are added up and written at its end, with
 * one line per set of dimensions.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import { type Metric, METRICS, type MetricName } from './metric-names.ts';
import type { Measurement } from './metrics.ts';

/** Most values of one metric that CloudWatch reads from one line. */
const MAX_VALUES = 100;

/** Where lines are written, and what is on every line. */
export interface EmfOptions {
  readonly namespace: string;
  readonly service: string;
  readonly write: (line: string) => void;
}

/** The metrics of one set of dimensions: counts are added up, durations are listed for their percentiles. */
type Values = Map<MetricName, number[]>;

export class EmbeddedMetrics {
  readonly #options: EmfOptions;
  /** By set of dimensions, in JSON: the dimension besides `service`, if there is one. */
  readonly #sets = new Map<string, { readonly dimension: Record<string, string>; readonly values: Values }>();

  constructor(options: EmfOptions) {
    this.#options = options;
  }

  add({ name, value, dimension }: Measurement): void {
    const { values } = this.#getSet(name, dimension);
    const there = values.get(name) ?? [];
    if (METRICS[name].unit === 'Count') values.set(name, [(there[0] ?? 0) + value]);
    else if (there.length < MAX_VALUES) values.set(name, [...there, value]);
  }

  /**
   * Writes the measurements since the last call, if there are any.
   *
   * @param now epoch ms
   */
  flush(now: number): void {
    for (const { dimension, values } of this.#sets.values()) {
      this.#options.write(this.#formatLine(dimension, values, now));
    }
    this.#sets.clear();
  }

  #getSet(name: MetricName, value: string | undefined) {
    const { by }: Metric = METRICS[name];
    const dimension = by === undefined || value === undefined ? {} : { [by.dimension]: value };
    const key = JSON.stringify(dimension);
    const there = this.#sets.get(key);
    if (there !== undefined) return there;
    const made = { dimension, values: new Map<MetricName, number[]>() };
    this.#sets.set(key, made);
    return made;
  }

  #formatLine(dimension: Record<string, string>, values: Values, now: number): string {
    const { namespace, service } = this.#options;
    return JSON.stringify({
      _aws: {
        Timestamp: now,
        CloudWatchMetrics: [
          {
            Namespace: namespace,
            Dimensions: [['service', ...Object.keys(dimension)]],
            Metrics: [...values.keys()].map((Name) => ({ Name, Unit: METRICS[Name].unit })),
          },
        ],
      },
      service,
      ...dimension,
      ...Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all])),
    });
  }
}
