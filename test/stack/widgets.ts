/** Reads the widgets of a dashboard, and the metrics of its graphs. */
import { z } from 'zod';
import type { MetricReference } from '../rigs/cloudwatch/metric-reference.ts';

const optionsSchema = z.object({ label: z.string().optional(), expression: z.string().optional() }).loose();
const rowSchema = z.array(z.union([z.string(), optionsSchema]));
const widgetSchema = z.object({
  type: z.enum(['text', 'alarm', 'metric']),
  x: z.number(),
  y: z.number(),
  width: z.number(),
  properties: z
    .object({
      title: z.string().optional(),
      markdown: z.string().optional(),
      region: z.string().optional(),
      alarms: z.array(z.string()).optional(),
      metrics: z.array(rowSchema).optional(),
    })
    .loose(),
});
const bodySchema = z.object({ widgets: z.array(widgetSchema) });

export type Widget = z.output<typeof widgetSchema>;

/**
 * Returns the widgets of a dashboard.
 * @param body the body of the dashboard, JSON
 * @throws ZodError for a kind of widget that the stack does not make
 */
export function readWidgets(body: string): Widget[] {
  return bodySchema.parse(JSON.parse(body)).widgets;
}

/**
 * Returns the metrics of a graph. A row is namespace, name, then pairs of dimension and value; rows of
 * expressions are skipped.
 */
export function listReferences(rows: readonly z.output<typeof rowSchema>[]): MetricReference[] {
  return rows.flatMap((row) => {
    const [namespace, name, ...pairs] = row.filter((part) => typeof part === 'string');
    if (namespace === undefined || name === undefined) return [];
    const dimensions: Record<string, string> = {};
    for (let at = 0; at < pairs.length; at += 2) dimensions[pairs[at] ?? ''] = pairs[at + 1] ?? '';
    return [{ namespace, name, dimensions }];
  });
}
