/** Reads the reference to a metric in a template. */
import { z } from 'zod';

export interface MetricReference {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

const dimensionsSchema = z.array(z.object({ Name: z.string(), Value: z.string() }));
const metricSchema = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: dimensionsSchema.default([]),
});

/** Reads a metric in the form of CloudFormation. @throws ZodError for another form */
export function readMetricReference(metric: unknown): MetricReference {
  const { Namespace, MetricName, Dimensions } = metricSchema.parse(metric);
  return {
    namespace: Namespace,
    name: MetricName,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
  };
}
