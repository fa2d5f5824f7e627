/** Makes the tenants, target groups, jobs and tokens that the requests of the fuzzer name. */
import { BatchWriter } from '../../../tools/local/data/write.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import type { TargetGroup } from '../../../src/domain/target-group.ts';
import { ACTION_NAMES, type Action } from '../../../src/domain/actions.ts';
import { aTargetGroup } from '../../support/builders.ts';
import { Client, readLocation } from '../../support/api-client.ts';
import { makeDynamoDBClient, findName } from '../../support/e2e.ts';
import type { StackInfo } from '../../support/start-stack.ts';
import { makeTokens, type Token } from './fuzz-tokens.ts';

export interface FuzzTargets {
  readonly tenant: Tenant;
  readonly groups: readonly string[];
  readonly jobs: readonly string[];
  /** Belongs to an account that the valid tokens do not cover. */
  readonly foreign: { readonly tenant: Tenant; readonly group: string; readonly job: string };
  readonly tokens: readonly Token[];
  readonly client: Client;
}

const ACCOUNT = 101;
const OTHER_ACCOUNT = 102;
const GROUPS = 40;

const SITUATIONS: Partial<TargetGroup>[] = [
  {},
  {},
  {},
  { status: 'live' },
  { status: 'draft' },
  { currentCompletes: 100 },
];

/** Makes them in a running stack. A seed always has the same ids, so that requests can be repeated. */
export async function makeFuzzTargets(stack: StackInfo, seed: number): Promise<FuzzTargets> {
  const makeId = (kind: string, n = 0) =>
    `FZ${(seed >>> 0).toString(36).toUpperCase().padStart(8, '0')}${kind}${n}`.padEnd(26, 'X');
  const tenant = { accountId: ACCOUNT, projectId: makeId('P') };
  const foreign = { tenant: { accountId: OTHER_ACCOUNT, projectId: makeId('Q') }, group: makeId('F') };
  const groups = Array.from({ length: GROUPS }, (_, n) => makeId('G', n));

  const dynamoDB = makeDynamoDBClient(stack);
  const writer = new BatchWriter(dynamoDB, findName(stack.tables, 'TargetGroups'));
  for (const each of [tenant, foreign.tenant]) await writer.put({ type: 'project', tenant: each });
  const endFieldingAt = '2099-01-01T00:00:00.000Z';
  for (const [n, targetGroupId] of groups.entries()) {
    const situation = SITUATIONS[n % SITUATIONS.length];
    const group = aTargetGroup({ ...situation, ...tenant, targetGroupId, endFieldingAt });
    await writer.put({ type: 'target_group', group });
  }
  const group = aTargetGroup({ ...foreign.tenant, targetGroupId: foreign.group, endFieldingAt });
  await writer.put({ type: 'target_group', group });
  await writer.flush();
  dynamoDB.destroy();

  const client = await Client.signIn(stack.url);
  const runJob = async (of: Client, owner: Tenant, ids: readonly string[], action?: Action) => {
    const key = { 'idempotency-key': `fuzz-${seed}` };
    const location = readLocation(await of.create(owner, ids, key, action));
    return (await of.waitUntilEnded(location)).job_id;
  };
  const jobs = await Promise.all(
    ACTION_NAMES.map((action) => runJob(client, tenant, [...groups.slice(0, 8), makeId('U')], action)),
  );
  const otherClient = await Client.signIn(stack.url, { accounts: [OTHER_ACCOUNT] });
  return {
    tenant,
    groups,
    jobs,
    foreign: { ...foreign, job: await runJob(otherClient, foreign.tenant, [foreign.group]) },
    tokens: await makeTokens(ACCOUNT, OTHER_ACCOUNT),
    client,
  };
}
