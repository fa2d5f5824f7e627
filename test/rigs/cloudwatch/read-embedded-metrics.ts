/**
 * Reads metrics from log lines as CloudWatch does, but more strictly: it throws for lines that CloudWatch
 * would silently ignore.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import { z } from 'zod';
import { parseObject } from '../../../tools/kit/json.ts';
import type { Datapoint } from './datapoint.ts';

/** Thrown for a line whose metrics do not have the form that CloudWatch reads. */
class MalformedMetricsError extends Error {
  override readonly name = 'MalformedMetricsError';
}

const directives = z.object({
  Timestamp: z.int().positive(),
  CloudWatchMetrics: z
    .array(
      z.strictObject({
        Namespace: z.string().regex(/^[^:\s][^:]{0,254}$/),
        Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
        Metrics: z
          .array(
            z.strictObject({
              Name: z.string().min(1).max(1024),
              Unit: z.enum(['Count', 'Milliseconds', 'Seconds']),
            }),
          )
          .min(1)
          .max(100),
      }),
    )
    .min(1),
});
const dimensionValue = z.string().min(1).max(1024);
const values = z.union([
  z.number().transform((value) => [value]),
  z.array(z.number()).min(1).max(100), // CloudWatch takes at most 100 values of one metric from one line.
]);

/**
 * Reads the metrics of a line; returns none if the line has none.
 *
 * @throws MalformedMetricsError
 */
export function readDatapoints(line: string): Datapoint[] {
  const root = parseObject(line);
  if (root?.['_aws'] === undefined) {
    if (line.includes('"_aws"')) throw new MalformedMetricsError(`not one JSON object: ${line}`);
    return [];
  }
  const read = <T>(schema: z.ZodType<T>, name: string): T => {
    const parsed = schema.safeParse(root[name]);
    if (parsed.success) return parsed.data;
    throw new MalformedMetricsError(`${name}: ${z.prettifyError(parsed.error)} in ${line}`);
  };
  const { Timestamp, CloudWatchMetrics } = read(directives, '_aws');
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, read(dimensionValue, name)]));
      return Metrics.flatMap(({ Name, Unit }) =>
        read(values, Name).map((value) => ({
          namespace: Namespace,
          name: Name,
          dimensions,
          unit: Unit,
          value,
          at: Timestamp,
        })),
      );
    }),
  );
}
