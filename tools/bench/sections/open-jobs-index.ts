/**
 * Counts the writes of the index of open jobs: how many units a look of reconcile takes, and how they spread
 * over the index's partition keys, each of which takes 1,000 a second in AWS (docs/performance.md).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { OPEN_JOBS_INDEX, OPEN_KEY, OPEN_SHARD } from '../../../src/adapters/dynamodb/open-jobs-index.ts';
import { FunctionPool } from '../../local/functions/pool.ts';
import { BatchWriter } from '../../local/data/write.ts';
import { makeResumableGroup } from '../../local/data/demo.ts';
import type { BenchRig } from '../rig/bench-rig.ts';
import { startCountingProxy } from '../rig/counting-proxy.ts';
import type { TargetGroupSet } from '../rig/target-group-set.ts';
import { UnreadJobs } from '../rig/unread-jobs.ts';

/** The accounts over which the writes are spread, one job each. */
const ACCOUNTS = Array.from({ length: 100 }, (_, i) => i + 1);

export interface IndexFigures {
  /** Write units of one look of reconcile at an open job, of META and of its entry in the index. */
  readonly lookUnits: { readonly table: number; readonly index: number };
  /** Share of the index's writes that its fullest partition key takes. */
  readonly fullestShare: number;
}

export async function countIndexWrites(rig: BenchRig, groups: TargetGroupSet): Promise<IndexFigures> {
  return {
    lookUnits: await countLookUnits(rig, groups),
    fullestShare: await measureFullestShare(rig, groups),
  };
}

/** Runs reconcile on one job that is due, which it sends again. */
async function countLookUnits(rig: BenchRig, groups: TargetGroupSet): Promise<IndexFigures['lookUnits']> {
  const jobs = await UnreadJobs.open(rig, { STALLED_SECONDS: '1' });
  const proxy = await startCountingProxy(rig.stores.dynamodb);
  const reconciler = new FunctionPool(
    rig.findFunction('reconcile'),
    { dynamodb: proxy.url, sqs: rig.stores.sqs },
    () => undefined,
  );
  try {
    await groups.reset(1);
    await jobs.create(groups.tenant, groups.ids.slice(0, 1));
    await pause(1_100);
    const result = await reconciler.invoke('{}');
    if (!result.ok) throw new Error(`reconcile failed: ${result.error.errorMessage}`);
    // The other writes store the pass and the issuer's keys.
    const looks = proxy.calls.filter(({ indexUnits }) => indexUnits > 0);
    const [look] = looks;
    if (look === undefined || looks.length > 1)
      throw new Error(`one job was looked at ${looks.length} times`);
    return { table: look.writeUnits - look.indexUnits, index: look.indexUnits };
  } finally {
    await Promise.all([jobs.stop(), reconciler.stop()]);
    await proxy.close();
  }
}

/**
 * Creates one job in each account, and counts the entries of the index by partition key. Each job writes its
 * entry twice, when it is created and when it ends, so the entries are spread as the writes are.
 */
async function measureFullestShare(rig: BenchRig, groups: TargetGroupSet): Promise<number> {
  const token = await rig.signToken(ACCOUNTS);
  const { projectId } = groups.tenant;
  const [targetGroupId = ''] = groups.ids;
  const writer = new BatchWriter(rig.dynamodb, rig.findTableName('TargetGroups'));
  for (const accountId of ACCOUNTS) {
    const tenant = { accountId, projectId };
    await writer.put({ type: 'project', tenant });
    await writer.put({ type: 'target_group', group: makeResumableGroup(tenant, targetGroupId, Date.now()) });
  }
  await writer.flush();
  const jobs = await UnreadJobs.open(rig);
  try {
    for (const accountId of ACCOUNTS) await jobs.create({ accountId, projectId }, [targetGroupId], token);
  } finally {
    await jobs.stop();
  }

  const { Items = [] } = await rig.dynamodb.send(
    new ScanCommand({ TableName: rig.findTableName('Jobs'), IndexName: OPEN_JOBS_INDEX }),
  );
  const shards = Items.filter((item) => ACCOUNTS.includes(Number(item[OPEN_KEY]?.S?.split('#')[0]))).map(
    (item) => item[OPEN_SHARD]?.S ?? '',
  );
  if (shards.length !== ACCOUNTS.length) throw new Error(`the index has ${shards.length} of the jobs`);
  const counts = new Map<string, number>();
  for (const shard of shards) counts.set(shard, (counts.get(shard) ?? 0) + 1);
  return Math.max(...counts.values()) / shards.length;
}
