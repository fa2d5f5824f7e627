/** Which suites belong to a file. */
import { expect, test } from '@jest/globals';
import { PROJECT } from '../../../tools/kit/project.ts';
import { SuiteFinder } from '../../../tools/mutate/suites.ts';

const finder = new SuiteFinder(PROJECT);

test('a suite belongs to what it imports, directly and through others', () => {
  const { importing } = finder.suitesOf('src/domain/digest.ts');
  expect(importing).toContain('test/unit/domain.test.ts');
  // Through a support file and the use case.
  expect(importing).toContain('test/unit/create-job.test.ts');
  expect(importing).not.toContain('test/unit/log-line.test.ts');
});

test('to what it takes types of alone it does not belong', () => {
  expect(finder.suitesOf('src/ports/clock.ts').importing).toEqual([]);
});

test('the functions have the end-to-end suites of the wiring, and no suite imports them', () => {
  const { importing, endToEnd } = finder.suitesOf('lambdas/worker.ts');
  expect(importing).toEqual([]);
  expect(endToEnd).toEqual(finder.suitesOf('lib/timing.ts').endToEnd);
});

test('the simulator, which takes as long as all others together, is left out', () => {
  expect(finder.suitesOf('src/application/reconcile.ts').importing).not.toContain(
    'test/unit/simulation.test.ts',
  );
});
