/** Tests reconcile with as many open jobs as it is made for. */
import { test } from '@jest/globals';
import { expectBacklogReached } from './backlog-of-jobs.ts';

test('with 100,000 open jobs, reconcile works on the longest due first, and reaches every job', () =>
  expectBacklogReached({ jobs: 100_000, callMs: 1 }));
