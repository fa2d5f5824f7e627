/** The stack and the functions name the same metrics: what one graphs and watches, the other publishes. */
import { expect, test } from '@jest/globals';
import { METRICS } from '../../lib/observability/metrics.ts';
import { METRICS as PUBLISHED } from '../../src/runtime/observability/metrics.ts';

test('both lists have the same metrics, units and dimensions', () => {
  const listed = Object.entries(METRICS).map(([name, notes]) => [
    name,
    'by' in notes ? { unit: notes.unit, dimension: notes.by.dimension } : notes,
  ]);
  expect(Object.fromEntries(listed)).toEqual(PUBLISHED);
});
