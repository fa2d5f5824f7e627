/** Tests what is read of a path, and how a job is answered. */
import { describe, expect, test } from '@jest/globals';
import { makeJobPath } from '../../api/paths.ts';
import { findRouteKey } from '../../api/routes.ts';
import { InvalidRequestError, RouteNotFoundError } from '../../src/domain/errors.ts';
import { NOT_FOUND } from '../../src/domain/outcome.ts';
import { makeCreatedResponse, makeJobResponse } from '../../src/http/job-view.ts';
import { readAction, parsePath, readSubject } from '../../src/http/path.ts';
import { CREATOR, TENANT, aJob, anId } from '../support/builders.ts';

const JOB_ID = anId('J');
const PATH = { account_id: '101', project_id: TENANT.projectId, job_id: JOB_ID };
const ROUTE = 'GET /demand/accounts/{account_id}/projects/{project_id}/batch-jobs/resume/{job_id}';

function faultsOf(path: Parameters<typeof parsePath>[0]): unknown {
  try {
    return parsePath(path, 'job_id');
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    return error.faults.map(({ name }) => name);
  }
}

describe('a path', () => {
  test('gives its tenant and its id', () => {
    expect(parsePath(PATH, 'job_id')).toEqual({ tenant: TENANT, id: JOB_ID });
    expect(parsePath(PATH)).toEqual({ tenant: TENANT, id: '' });
  });

  test('lists each of its faults, and all of them', () => {
    expect(faultsOf({ ...PATH, account_id: '0' })).toEqual(['account_id']);
    expect(faultsOf({ ...PATH, project_id: 'short' })).toEqual(['project_id']);
    expect(faultsOf({ ...PATH, job_id: undefined })).toEqual(['job_id']);
    expect(faultsOf({})).toEqual(['account_id', 'project_id', 'job_id']);
  });

  test('of a route without an action is refused by its route', () => {
    expect(readAction(ROUTE)).toBe('resume');
    expect(() => readAction('GET /other')).toThrow(RouteNotFoundError);
  });

  test('of the gateway, which has the action as a parameter, is told apart by the contract’s routes', () => {
    const jobs = '/v1/demand/accounts/{account_id}/projects/{project_id}/batch-jobs';
    const long = 'resume-fielding-runs-by-target-group-id';
    const find = (method: string, rest: string, collection: string) =>
      findRouteKey(`${method} ${jobs}/{collection}${rest}`, { collection });
    expect(find('POST', '', long)).toBe(`POST ${jobs}/${long}`);
    expect(find('GET', '/{job_id}', long)).toBe(`GET ${jobs}/${long}/{job_id}`);
    expect(find('GET', '/{job_id}', 'resume')).toBe(`GET ${jobs}/resume/{job_id}`);
    // Jobs are created below the long name only.
    for (const other of ['resume', 'stop', '', '$&', '{collection}', `${long}/x`, `x\n${long}`, 'toString']) {
      expect(find('POST', '', other)).toBe('$default');
    }
    expect(findRouteKey(ROUTE, { job_id: JOB_ID })).toBe(ROUTE);
    expect(findRouteKey('$default')).toBe('$default');
  });

  test('is reported by those parts that are well formed', () => {
    const request = { routeKey: ROUTE, path: PATH, headers: {}, body: '' };
    expect(readSubject(request)).toEqual({ ...TENANT, action: 'resume', jobId: JOB_ID });
    const bad = { account_id: 'x', project_id: 'x', job_id: 'x' };
    expect(readSubject({ ...request, routeKey: 'GET /other', path: bad })).toStrictEqual({});
  });
});

describe('a job', () => {
  test('is answered 201 with its location, and says so if it was there before', () => {
    const location = expect.stringContaining(JOB_ID) as unknown;
    const answer = (replayed: boolean) => makeCreatedResponse(TENANT, 'resume', { jobId: JOB_ID, replayed });
    expect(answer(false)).toEqual({ statusCode: 201, headers: { location } });
    expect(answer(true)).toEqual({
      statusCode: 201,
      headers: { location, 'idempotent-replayed': 'true' },
    });
  });

  test('has a location below the base URL of a custom domain, and a relative one without', () => {
    const locate = (...base: [] | [string]) =>
      makeCreatedResponse(TENANT, 'resume', { jobId: JOB_ID, replayed: false }, ...base).headers?.[
        'location'
      ];
    const path = makeJobPath(TENANT, 'resume', JOB_ID);
    expect(locate()).toBe(path);
    expect(locate('https://api.example.com/bulk/jobs')).toBe(`https://api.example.com/bulk/jobs${path}`);
  });

  test('is answered with its outcomes and its progress', () => {
    const job = aJob({ total: 3, chunkSize: 2, settled: new Set([0, 1]) });
    const { statusCode, headers, body } = makeJobResponse(job, [
      { targetGroupId: 'a' },
      { targetGroupId: 'b', failure: NOT_FOUND },
      { targetGroupId: 'c' },
    ]);
    expect(statusCode).toBe(200);
    expect(headers).toEqual({ 'content-type': 'application/json', 'x-job-progress': '3/3' });
    expect(JSON.parse(body ?? '')).toEqual({
      job_id: job.jobId,
      created_at: job.createdAt,
      created_by: CREATOR,
      status: 'Completed',
      updated_target_groups: {
        data: [{ target_group_id: 'a' }, { target_group_id: 'c' }],
        has_more: false,
      },
      failed_target_groups: {
        data: [{ target_group_id: 'b', failure_reason: NOT_FOUND }],
        has_more: false,
      },
    });
  });
});
