/** Tests a job of 10,000 target groups with many different outcomes, on the running local stack. */
import { describe, expect, test } from '@jest/globals';
import type { TargetGroup } from '../../src/domain/target-group.ts';
import { makeIds as newIds } from '../support/builders.ts';
import { Client, readError, readLocation } from '../support/api-client.ts';
import { aProject, readE2eStack } from '../support/e2e.ts';

const stack = readE2eStack();

const SITUATIONS: [Partial<TargetGroup>, string | undefined][] = [
  [{}, undefined],
  [{}, undefined],
  [{}, undefined],
  [{ status: 'live' }, undefined],
  [{ status: 'draft' }, 'A fielding run in status draft cannot be resumed.'],
  [{ status: 'scheduled' }, 'A fielding run in status scheduled cannot be resumed.'],
  [{ status: 'completed' }, 'A fielding run in status completed cannot be resumed.'],
  [{ status: 'archived' }, 'A fielding run in status archived cannot be resumed.'],
  [{ currentCompletes: 100 }, 'The fielding run cannot be resumed: its completes goal has been reached.'],
];
const KNOWN = 9_000;

describe('a job of 10,000 target groups', () => {
  test('has an outcome for each target group, and shows its progress while it is open', async () => {
    const client = await Client.signIn(stack.url);
    const groups = Array.from({ length: KNOWN }, (_, i) => SITUATIONS[i % SITUATIONS.length]?.[0] ?? {});
    const { tenant, ids } = await aProject(stack, groups);
    const unknown = newIds(10_000 - KNOWN, 'U');
    const asked = [...ids, ...unknown];
    const expected = new Map([
      ...ids.map((id, i) => [id, SITUATIONS[i % SITUATIONS.length]?.[1]] as const),
      ...unknown.map((id) => [id, 'The project has no target group with this id.'] as const),
    ]);

    const progress: string[] = [];
    const location = readLocation(await client.create(tenant, [...asked].reverse()));
    const job = await client.waitUntilEnded(location, ({ headers }) => {
      progress.push(headers.get('x-job-progress') ?? 'none');
    });

    expect(job.status).toBe('Completed');
    const updated = job.updated_target_groups.data.map(({ target_group_id }) => target_group_id);
    const failed = job.failed_target_groups.data;
    expect(updated).toEqual([...updated].sort());
    expect(failed.map(({ target_group_id }) => target_group_id)).toEqual(
      failed.map(({ target_group_id }) => target_group_id).sort(),
    );
    const outcomes = new Map<string, string | undefined>([
      ...updated.map((id) => [id, undefined] as const),
      ...failed.map(
        ({ target_group_id, failure_reason }) => [target_group_id, failure_reason.description] as const,
      ),
    ]);
    expect(updated.length + failed.length).toBe(10_000);
    expect(outcomes).toEqual(expected);

    const settled = progress.map((text) => Number(/^(\d+)\/10000$/.exec(text)?.[1]));
    expect(settled).toEqual([...settled].sort((a, b) => a - b));
    expect(settled.at(-1)).toBe(10_000);
    expect(new Set(settled.slice(0, -1)).size).toBeGreaterThan(1);
  });

  test('is refused with one target group more', async () => {
    const client = await Client.signIn(stack.url);
    const { tenant } = await aProject(stack);
    const answer = await client.create(tenant, newIds(10_001, 'U'));
    expect(answer.status).toBe(400);
    expect(readError(answer).invalid_params).toEqual([
      { name: 'target_group_ids', reason: 'expected 1 to 10000 distinct ids, found 10001' },
    ]);
  });
});
