/** Tests the answer about a job: it has every field, and stays within the size limit whatever failed. */
import { describe, expect, test } from '@jest/globals';
import { ACTION_NAMES } from '../../src/domain/actions.ts';
import {
  GIVEN_UP,
  NOT_FOUND,
  RECORD_DAMAGED,
  RECORD_UNREADABLE,
  type Failure,
  decide,
} from '../../src/domain/outcome.ts';
import { FIELDING_RUN_STATUSES } from '../../src/domain/target-group.ts';
import { makeJobResponse } from '../../src/http/job-view.ts';
import { AT, aJob, aTargetGroup, makeIds } from '../support/builders.ts';

/**
 * The largest response of a function, in bytes:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const LAMBDA_RESPONSE_LIMIT = 6 * 1024 * 1024;

/** Returns every failure that exists, by deciding about every situation. */
function listEveryFailure(): Failure[] {
  const situations = [{}, { currentCompletes: 100 }, { endFieldingAt: AT }];
  const refused = ACTION_NAMES.flatMap((action) =>
    FIELDING_RUN_STATUSES.flatMap((status) =>
      situations.map((situation) => decide(action, aTargetGroup({ status, ...situation }), 'mark', AT)),
    ),
  ).flatMap((decision) => (decision.kind === 'refused' ? [decision.failure] : []));
  return [NOT_FOUND, GIVEN_UP.deadline, RECORD_DAMAGED, RECORD_UNREADABLE, ...refused];
}

describe('the answer about a job', () => {
  test('of 10,000 failures of the longest kind stays under the limit', () => {
    const all = listEveryFailure();
    expect(all.length).toBeGreaterThan(6);
    const size = (failure: Failure) => JSON.stringify(failure).length;
    const [longest] = all.sort((a, b) => size(b) - size(a));
    if (longest === undefined) throw new Error('there are no failures');
    const job = aJob({ total: 10_000, settled: new Set(Array(50).keys()) });
    const response = makeJobResponse(
      job,
      makeIds(10_000).map((targetGroupId) => ({ targetGroupId, failure: longest })),
    );
    // Lambda counts the response as JSON, in which the body is a string with escaped quotes.
    expect(Buffer.byteLength(JSON.stringify(response))).toBeLessThan(LAMBDA_RESPONSE_LIMIT);
  });

  test('of an open job has empty lists and its progress', () => {
    const job = aJob({ total: 450, chunkSize: 200, settled: new Set([2]) });
    const { body, headers, statusCode } = makeJobResponse(job, []);
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'x-job-progress': '50/450' });
    expect(JSON.parse(body ?? '')).toEqual({
      job_id: job.jobId,
      created_at: job.createdAt,
      created_by: job.createdBy,
      status: 'Processing',
      updated_target_groups: { data: [], has_more: false },
      failed_target_groups: { data: [], has_more: false },
    });
  });
});
