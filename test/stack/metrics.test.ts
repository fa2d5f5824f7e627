/** The stack asks for the metrics that the functions publish: same names, units and dimensions. */
import { expect, test } from '@jest/globals';
import { METRICS as IN_THE_STACK } from '../../lib/observability/metrics.ts';
import { METRICS, type Metric } from '../../src/observability/metrics.ts';

test('the functions and the stack have one list of metrics', () => {
  const published = Object.entries<Metric>(METRICS).map(([name, { unit, dimension }]) => [
    name,
    unit,
    dimension,
  ]);
  const asked = Object.entries<{ unit: string; by?: { dimension: string } }>(IN_THE_STACK).map(
    ([name, { unit, by }]) => [name, unit, by?.dimension],
  );
  expect(published).toEqual(asked);
});
