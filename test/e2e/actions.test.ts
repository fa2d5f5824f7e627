/** Tests the bulk actions on the running stack: their addresses, outcomes and changes of fielding runs. */
import { describe, expect, test } from '@jest/globals';
import { makeCollectionPath, makeFieldingRunsPath, makeJobPath } from '../../api/paths.ts';
import { fieldingRunsBody } from '../../api/answers.ts';
import { ACTIONS, ACTION_NAMES, type Action } from '../../src/domain/actions.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import type { TargetGroup } from '../../src/domain/target-group.ts';
import { anId } from '../support/builders.ts';
import { Client, SUBJECT, readLocation } from '../support/api-client.ts';
import { aProject, readE2eStack } from '../support/e2e.ts';

const stack = readE2eStack();

const reached = { completesGoal: 10, currentCompletes: 10 };
const ended = { startFieldingAt: '2026-01-01T00:00:00.000Z', endFieldingAt: '2026-01-08T00:00:00.000Z' };

/** The target groups of a job: one for each status, reached goal and passed end that matters. */
const SITUATIONS: Partial<TargetGroup>[] = [
  { status: 'draft' },
  { status: 'scheduled' },
  { status: 'scheduled', ...reached, ...ended },
  { status: 'live' },
  { status: 'live', ...reached, ...ended },
  { status: 'paused' },
  { status: 'paused', ...reached },
  { status: 'paused', ...ended },
  { status: 'completed' },
  { status: 'completed', ...reached },
  { status: 'completed', ...ended },
  { status: 'archived' },
];

/** Outcomes of SITUATIONS, in order: `>` moved, `=` updated without a change, `-` failed. */
const OUTCOMES: Record<Action, string> = {
  resume: '---==>------',
  pause: '---' + '>>===' + '----',
  launch: '->>==-------',
  complete: '->>>>---===-',
  relaunch: '---==---' + '>---',
};

function computeDuration(run: { start_fielding_at: string; end_fielding_at: string }): number {
  return Date.parse(run.end_fielding_at) - Date.parse(run.start_fielding_at);
}

async function readFieldingRuns(client: Client, tenant: Tenant, ids: readonly string[]) {
  const answers = await Promise.all(ids.map((id) => client.get(makeFieldingRunsPath(tenant, id))));
  return answers.map(({ text }) => {
    const [run] = fieldingRunsBody.parse(JSON.parse(text)).data;
    if (run === undefined) throw new Error(`no fielding run: ${text}`);
    return run;
  });
}

describe.each(ACTION_NAMES)('%s', (action) => {
  test('moves the allowed target groups, leaves those already there, and fails the others with a reason', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, SITUATIONS);
    const before = await readFieldingRuns(client, tenant, ids);
    const since = Date.now();

    const answer = await client.create(tenant, ids, {}, action);
    const location = readLocation(answer);
    const jobId = location.split('/').at(-1) ?? '';
    const { accountId, projectId } = tenant;
    expect(location).toBe(
      `/demand/accounts/${accountId}/projects/${projectId}/batch-jobs/${action}/${jobId}`,
    );
    const job = await client.waitUntilEnded(location);
    const after = await readFieldingRuns(client, tenant, ids);

    const pickIds = (...marks: string[]) => ids.filter((_, i) => marks.includes(OUTCOMES[action][i] ?? ''));
    expect(job.status).toBe('Completed');
    expect(job.updated_target_groups.data.map(({ target_group_id }) => target_group_id)).toEqual(
      pickIds('>', '='),
    );
    const failed = job.failed_target_groups.data;
    expect(failed.map(({ target_group_id }) => target_group_id)).toEqual(pickIds('-'));
    for (const { failure_reason } of failed) {
      expect(failure_reason.code).toBe('StatusTransitionNotAllowed');
      expect(failure_reason.description).toContain(`cannot be ${ACTIONS[action].participle}`);
    }
    for (const [i, run] of after.entries()) {
      if (OUTCOMES[action][i] !== '>') {
        expect(run).toEqual(before[i]);
        continue;
      }
      const was = before[i];
      if (was === undefined) throw new Error('no fielding run');
      expect(run).toMatchObject({
        status: ACTIONS[action].to,
        version: was.version + 1,
        last_changed_by: SUBJECT,
        start_fielding_at: action === 'launch' ? run.last_changed_at : was.start_fielding_at,
      });
      expect(Date.parse(run.last_changed_at)).toBeGreaterThanOrEqual(since);
      expect(computeDuration(run)).toBe(computeDuration(was));
    }
  });

  test('has its jobs at its own addresses only, and its keys do not count for other actions', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant, ids } = await aProject(stack, [{ status: 'archived' }]);
    const key = { 'idempotency-key': anId('K') };
    const location = readLocation(await client.create(tenant, ids, key, action));
    const jobId = location.split('/').at(-1) ?? '';
    await client.waitUntilEnded(location);
    for (const other of ACTION_NAMES) {
      const expected = other === action ? 200 : 404;
      for (const path of [
        makeJobPath(tenant, other, jobId),
        `${makeCollectionPath(tenant, other)}/${jobId}`,
      ]) {
        const answer = await client.get(path);
        expect([path, answer.status]).toEqual([path, expected]);
      }
    }
    const repeated = await client.create(tenant, ids, key, action);
    expect([readLocation(repeated), repeated.headers.get('idempotent-replayed')]).toEqual([location, 'true']);
    const next = ACTION_NAMES[(ACTION_NAMES.indexOf(action) + 1) % ACTION_NAMES.length] ?? action;
    const another = await client.create(tenant, ids, key, next);
    expect(another.headers.get('idempotent-replayed')).toBeNull();
    expect(readLocation(another)).not.toContain(jobId);
  });
});

test('jobs of different actions, one after the other, each move the target group once', async () => {
  const client = await Client.signIn(stack.url);
  const { tenant, ids } = await aProject(stack, [{ status: 'scheduled', version: 1 }]);
  for (const action of ['launch', 'pause', 'resume', 'pause', 'resume', 'complete', 'relaunch'] as const) {
    const job = await client.run(tenant, ids, action);
    expect([action, job.updated_target_groups.data.length]).toEqual([action, 1]);
  }
  expect(await readFieldingRuns(client, tenant, ids)).toMatchObject([{ status: 'live', version: 8 }]);
});
