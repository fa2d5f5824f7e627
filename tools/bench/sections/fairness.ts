/** Measures a job of a quiet account beside a flood of another account, against its time alone. */
import { BatchWriter } from '../../local/data/write.ts';
import { makeResumableGroup } from '../../local/data/demo.ts';
import { type BenchRig, type RunningFunctions, startFunctions } from '../rig/bench-rig.ts';
import { createJob } from '../rig/gateway-events.ts';
import { JobEndings } from '../rig/run-jobs.ts';
import { splitIds, type TargetGroupSet } from '../rig/target-group-set.ts';

/** Times from the create call of a quiet job to its end, ms. */
export interface Fairness {
  readonly aloneMs: readonly number[];
  readonly besideMs: readonly number[];
}

/** Jobs of the flood, among which the target groups of the set are divided. */
const FLOOD_JOBS = 200;

const QUIET_ACCOUNT = 202;

/** Target groups of a quiet job, which is one chunk. */
const QUIET_IDS = 50;

/** Quiet jobs, one after the other, before the flood; and as many beside it. */
const QUIET_JOBS = 7;

/** @throws Error when the flood ends before the last quiet job, which then was not beside it */
export async function measureFairness(rig: BenchRig, groups: TargetGroupSet): Promise<Fairness> {
  const endings = new JobEndings();
  const running = await startFunctions(
    rig,
    () => rig.stores,
    (_name, text) => {
      endings.readLogLine(text);
    },
  );
  const flood = splitIds(groups.ids, FLOOD_JOBS, groups.ids.length / FLOOD_JOBS);
  const createFlood = async (jobs: readonly string[][]) => {
    await groups.reset();
    return Promise.all(jobs.map((ids) => createJob(running, rig, groups.tenant, ids)));
  };
  const waitForAll = (jobs: readonly string[]) => Promise.all(jobs.map((job) => endings.waitForEnd(job)));
  const timeQuietJobs = await prepareQuietJobs(rig, running, endings, groups.ids.slice(0, QUIET_IDS));
  try {
    await running.startDelivery();
    // Compiles the code of all instances, and opens their connections.
    await waitForAll(await createFlood(flood.slice(0, FLOOD_JOBS / 10)));
    await timeQuietJobs();
    const aloneMs = await timeQuietJobs();

    const created = await createFlood(flood);
    const besideMs = await timeQuietJobs();
    if (created.every((job) => endings.hasEnded(job))) throw new Error('the flood ended too early');
    await waitForAll(created);
    return { aloneMs, besideMs };
  } finally {
    await running.stop();
  }
}

/** @returns a function that runs the quiet jobs and returns their times, ms */
async function prepareQuietJobs(
  rig: BenchRig,
  running: RunningFunctions,
  endings: JobEndings,
  ids: readonly string[],
): Promise<() => Promise<number[]>> {
  const tenant = { accountId: QUIET_ACCOUNT, projectId: ids[0] ?? '' };
  const signedIn = { ...rig, token: await rig.signToken([QUIET_ACCOUNT]) };
  const writer = new BatchWriter(rig.dynamodb, rig.findTableName('TargetGroups'));
  const reset = async () => {
    for (const id of ids) {
      await writer.put({ type: 'target_group', group: makeResumableGroup(tenant, id, Date.now()) });
    }
    await writer.flush();
  };
  await writer.put({ type: 'project', tenant });
  return async () => {
    const times: number[] = [];
    while (times.length < QUIET_JOBS) {
      await reset();
      const start = performance.now();
      await endings.waitForEnd(await createJob(running, signedIn, tenant, ids));
      times.push(performance.now() - start);
    }
    return times;
  };
}
