/**
 * Every route through the gateway, with every kind of token: the scope that it needs, and no other, opens it.
 */
import { expect, test } from '@jest/globals';
import { ROUTES, type Route } from '../../api/routes.ts';
import type { WiringRig } from '../rigs/wiring/rig.ts';
import { ACCOUNTS_CLAIM, SCOPES_CLAIM } from '../rigs/wiring/settings.ts';
import { runInParallel } from '../../src/domain/run-in-parallel.ts';
import { anId } from '../support/builders.ts';
import { aProject } from '../support/e2e.ts';

const READ = 'batch-jobs:read';
const WRITE = 'batch-jobs:write';

export function describeRoutes(rig: WiringRig): void {
  /** One target group, and a job of each action. */
  async function prepare() {
    const { tenant, ids } = await aProject(rig.unobserved, [{}]);
    const actions = [...new Set(ROUTES.flatMap((route) => ('action' in route ? route.action : [])))];
    const jobs = new Map<string, string>();
    for (const action of actions) {
      jobs.set(action, await rig.createJob(tenant, ids, { action }));
    }
    const call = async (route: Route, token: string): Promise<number> => {
      const path = route.path
        .replace('{account_id}', String(tenant.accountId))
        .replace('{project_id}', tenant.projectId)
        .replace('{target_group_id}', ids[0] ?? '')
        .replace('{job_id}', 'action' in route ? (jobs.get(route.action) ?? '') : '');
      const posts = route.method === 'POST';
      const { status } = await (posts ? rig.sendPost(path, [anId()], { token }) : rig.sendGet(path, token));
      return status;
    };
    return { call, actions };
  }

  test.concurrent('a token opens what its scopes say: writing creates, reading reads', async () => {
    const { call, actions } = await prepare();
    expect(actions).toHaveLength(5);
    expect(ROUTES).toHaveLength(2 * (3 * 5 + 1));
    const tokens = {
      read: await rig.signToken(READ),
      write: await rig.signToken(WRITE),
      both: await rig.signToken(`${WRITE} ${READ}`),
      none: await rig.signToken(''),
      other: await rig.signToken('batch-jobs'),
      underTheDefaultName: await rig.signToken('', { scope: `${WRITE} ${READ}` }),
      accountsUnderTheDefaultName: await rig.signToken(`${WRITE} ${READ}`, {
        [ACCOUNTS_CLAIM]: undefined,
        account_ids: [101],
      }),
      withoutScopes: await rig.signToken('', { [SCOPES_CLAIM]: undefined }),
    };
    // A few at a time, because each of many at once would start a function of its own on a busy machine.
    const found: Record<string, unknown> = {};
    await runInParallel(ROUTES, 4, async (route) => {
      const { method, path } = route;
      const statuses: Record<string, number> = {};
      for (const [name, token] of Object.entries(tokens)) statuses[name] = await call(route, token);
      found[`${method} ${path}`] = statuses;
    });
    const refused = { none: 403, other: 403, underTheDefaultName: 403, withoutScopes: 403 };
    const created = { write: 201, both: 201, read: 403 };
    const read = { write: 403, both: 200, read: 200 };
    const expected = ROUTES.map(({ method, path }) => [
      `${method} ${path}`,
      { ...refused, accountsUnderTheDefaultName: 403, ...(method === 'POST' ? created : read) },
    ]);
    expect(found).toEqual(Object.fromEntries(expected));
  });
}
