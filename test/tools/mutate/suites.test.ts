/** Which suites belong to a file. */
import { expect, test } from '@jest/globals';
import { PROJECT } from '../../../tools/kit/project.ts';
import { SuiteFinder } from '../../../tools/mutate/suites.ts';

const finder = new SuiteFinder(PROJECT);

test('a suite belongs to what it imports, directly and through others', () => {
  const suites = finder.findSuites('src/domain/digest.ts');
  expect(suites).toContain('test/unit/domain.test.ts');
  // At run time.
  expect(finder.findSuites('lambdas/worker.ts')).toContain('test/lambdas/worker.test.ts');
  // At run time, by a name that is chosen before.
  expect(finder.findSuites('src/observability/call-counts.ts')).toContain('test/unit/tracer.test.ts');
  // Through a support file and the use case.
  expect(suites).toContain('test/unit/create-job.test.ts');
  expect(suites).not.toContain('test/unit/log-line.test.ts');
});

test('to what it takes types of alone it does not belong', () => {
  expect(finder.findSuites('src/ports/clock.ts')).toEqual([]);
});

test('the functions and what fits them to the template have the suites of the bundles', () => {
  for (const file of ['lambdas/reconcile.ts', 'lib/worker-times.ts', 'src/adapters/lambda/stop-time.ts']) {
    expect(finder.findSuites(file)).toContain('test/wiring/functions.test.ts');
  }
});

test('the simulator, which takes as long as all others together, is left out', () => {
  expect(finder.findSuites('src/application/reconcile.ts')).not.toContain('test/unit/simulation.test.ts');
});
