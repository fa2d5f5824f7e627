/** A test of reconcile with a backlog that takes many runs: a small one here, a large one in a slow suite. */
import { expect } from '@jest/globals';
import { LOOK_UNTIL } from '../../src/application/reconcile.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import { NOW, TRACE, aJob, aLook, anId } from '../support/builders.ts';
import { UseCaseRig } from '../support/use-case-rig.ts';

const ACCOUNTS = 10;
const MINUTE = 60_000;
const RUN_MS = 40_000;

interface Backlog {
  /** The number of open jobs. */
  readonly jobs: number;
  /** The duration of each call to the job store or the queue. */
  readonly callMs: number;
}

/** Expects that reconcile works on the longest due first, within its time, and reaches every job. */
export async function expectBacklogReached({ jobs, callMs }: Backlog): Promise<void> {
  const rig = new UseCaseRig();
  const [id = ''] = rig.addTargetGroups({});
  const dueAt = new Map<string, number>();
  // Every fan-out was lost, and no chunk that is sent again arrives.
  const create = async () => {
    const due = rig.time + rig.settings.stalledMs;
    const job = aJob({
      jobId: anId('J'),
      createdAt: formatTimestamp(rig.time),
      accountId: (dueAt.size % ACCOUNTS) + 1,
      total: 1,
      look: aLook({ dueAt: formatTimestamp(due) }),
    });
    await rig.jobs.saveRequest(job, { ids: [id], trace: TRACE });
    await rig.jobs.commit(job, 'creator', rig.time);
    dueAt.set(job.jobId, due);
  };
  for (let i = 0; i < jobs; i += 1) {
    rig.time = NOW + i * callMs;
    await create();
  }
  const readShard = rig.jobs.readShard.bind(rig.jobs);
  rig.jobs.readShard = (...args) => {
    rig.time += callMs;
    return readShard(...args);
  };
  const find = rig.jobs.find.bind(rig.jobs);
  rig.jobs.find = (...args) => {
    rig.time += callMs;
    return find(...args);
  };
  const seen: string[] = [];
  rig.queue.send = (work) => {
    rig.time += callMs;
    for (const { chunk } of work) seen.push(chunk.jobId);
    return Promise.resolve();
  };

  rig.time += rig.settings.stalledMs;
  let latest = 0;
  for (let young = 0; seen.length < jobs;) {
    const start = rig.time;
    const before = seen.length;
    await rig.reconcile(start + RUN_MS);
    expect(rig.time - start).toBeLessThan(RUN_MS + 10 * callMs);
    expect(seen.length).toBeGreaterThan(before);
    for (const jobId of seen.slice(before)) {
      latest = Math.max(latest, rig.time - (dueAt.get(jobId) ?? 0));
    }
    rig.time = start + MINUTE;
    if (young < 10) await create();
    young += 1;
  }
  // No job is looked at again before every job was looked at.
  expect(new Set(seen).size).toBe(seen.length);
  const order = seen.map((jobId) => dueAt.get(jobId) ?? 0);
  // Reconcile works on two jobs at once, so neighbours may change places.
  const swaps = order.filter((at, i) => at < (order[i - 4] ?? 0));
  expect(swaps).toEqual([]);
  expect(latest).toBeLessThan(jobs * 3 * callMs * (MINUTE / (LOOK_UNTIL * RUN_MS)));
}
