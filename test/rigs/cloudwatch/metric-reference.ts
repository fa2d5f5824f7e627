/** A metric as a template names it. */
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

/** A metric as CloudFormation writes it. */
export function referenceOf(metric: unknown): MetricReference {
  const { Namespace, MetricName, Dimensions } = metricSchema.parse(metric);
  return {
    namespace: Namespace,
    name: MetricName,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
  };
}
