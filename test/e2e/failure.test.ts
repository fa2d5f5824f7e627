/** Tests that jobs with damaged records or lost messages also end, on the running local stack. */
import { describe, expect, test } from '@jest/globals';
import type { JobBody } from '../../api/answers.ts';
import { makeFieldingRunsPath, makeJobPath } from '../../api/paths.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { anId } from '../support/builders.ts';
import { Client, sendRequest } from '../support/api-client.ts';
import { aProject, damageTargetGroup, readE2eStack } from '../support/e2e.ts';
import { commitLostJob } from '../support/lost-job.ts';

const stack = readE2eStack();

/** Stores a job that was created `ageSeconds` ago and has no messages. Returns its address. */
async function storeLostJob(tenant: Tenant, asked: readonly string[], ageSeconds: number): Promise<string> {
  const { jobId } = await commitLostJob(stack, tenant, asked, ageSeconds);
  return makeJobPath(tenant, 'resume', jobId);
}

/** Runs the schedules now instead of at the next full minute. */
async function runSchedules(): Promise<void> {
  const answer = await sendRequest('POST', `${stack.url}/_local/schedules/run`);
  expect(answer.status).toBe(200);
}

const listFailures = (job: JobBody) =>
  job.failed_target_groups.data.map(({ target_group_id, failure_reason }) => [
    target_group_id,
    failure_reason.code,
    failure_reason.description,
  ]);

describe('a job', () => {
  test('with one damaged record is Failed, and its other target groups have their outcomes', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}, {}, { status: 'draft' }]);
    const [good = '', damaged = '', draft = ''] = ids;
    await damageTargetGroup(stack, tenant, damaged);

    const job = await client.run(tenant, ids);
    expect(job.status).toBe('Failed');
    expect(job.updated_target_groups.data).toEqual([{ target_group_id: good }]);
    expect(listFailures(job)).toEqual([
      [damaged, 'InternalError', 'The target group could not be processed: its record is damaged.'],
      [draft, 'StatusTransitionNotAllowed', 'A fielding run in status draft cannot be resumed.'],
    ]);
  });

  test('whose messages were never sent completes after reconcile has sent them', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, Array<object>(5).fill({}));
    const location = await storeLostJob(tenant, ids, 1000);
    const before = await client.get(location);
    expect(before.headers.get('x-job-progress')).toBe('0/5');
    await runSchedules();
    const job = await client.waitUntilEnded(location);
    expect(job.status).toBe('Completed');
    expect(job.updated_target_groups.data).toHaveLength(5);
  });

  test('past its deadline is settled without moving a target group', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{}, { status: 'live' }, { status: 'archived' }]);
    const [paused = '', live = '', archived = ''] = ids;
    const unknown = anId('U');
    const location = await storeLostJob(tenant, [...ids, unknown], 3601);
    await runSchedules();
    const job = await client.waitUntilEnded(location);
    expect(job.status).toBe('Failed');
    expect(job.updated_target_groups.data).toEqual([{ target_group_id: live }]);
    expect(listFailures(job)).toEqual([
      [
        paused,
        'InternalError',
        'The target group could not be processed before the deadline of the job. It was not changed.',
      ],
      [archived, 'StatusTransitionNotAllowed', 'A fielding run in status archived cannot be resumed.'],
      [unknown, 'TargetGroupNotFound', 'The project has no target group with this id.'],
    ]);
    const run = await client.get(makeFieldingRunsPath(tenant, paused));
    expect(JSON.parse(run.text)).toMatchObject({ data: [{ status: 'paused', version: 3 }] });
  });
});
