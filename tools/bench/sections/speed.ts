/**
 * Measures wall times: the bare writes, a job with and without a polling client, and the same target groups
 * in more and smaller jobs. They take turns, round by round, so that a slow minute of the machine does not
 * affect only one.
 */
import { bundleFunction } from '../rig/bundle.ts';
import type { BareWrites } from '../bare/writes.ts';
import { FunctionPool } from '../../local/functions/pool.ts';
import { MOST_BATCHES } from '../../local/queue-poller.ts';
import { JobEndings, runJobs } from '../rig/run-jobs.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { invokeFunction, createJob, makeStatusEvent } from '../rig/gateway-events.ts';
import { splitIds, type TargetGroupSet } from '../rig/target-group-set.ts';
import { startFunctions, type RunningFunctions, type BenchRig } from '../rig/bench-rig.ts';

/**
 * Numbers of jobs at once that share the target groups: 1 of 10,000, 10 of 1,000, 50 of 200 and 100 of 100.
 */
export const JOBS_AT_ONCE = [1, 10, 50, 100] as const;

const POLL_MS = 250;

/** Wall times of one round, in ms. */
export interface Round {
  readonly bare: number;
  /** One time for each number in JOBS_AT_ONCE. */
  readonly jobs: readonly number[];
  /** Time of one job while a client polls its status. */
  readonly polled: number;
}

export interface Speed {
  /** Number of target groups in each run. */
  readonly targetGroups: number;
  readonly rounds: readonly Round[];
  /** Times of status calls for the ended job, in ms. */
  readonly statusMs: readonly number[];
}

/** Target groups per invocation of the bare writes. */
const CHUNK = 200;

/** After this number of rounds, no new round starts once the time is over. */
const LEAST_ROUNDS = 2;
const ENOUGH_MS = 225_000;

/** @param rounds the most rounds after the warm-up */
export async function measureSpeed(rig: BenchRig, groups: TargetGroupSet, rounds: number): Promise<Speed> {
  const endings = new JobEndings();
  const running = await startFunctions(
    rig,
    () => rig.stores,
    (_name, text) => {
      endings.readLogLine(text);
    },
  );
  const bare = new FunctionPool(
    { ...rig.findFunction('worker'), codePath: await bundleFunction('bare/writes.ts') },
    rig.stores,
    (text) => {
      throw new Error(text);
    },
    undefined,
    // As many as the poller has workers.
    MOST_BATCHES,
  );
  const all: Round[] = [];
  const statusMs: number[] = [];
  const resetAndRun = async (work: () => Promise<number>) => {
    await groups.reset();
    return work();
  };
  const runJobsAtOnce = (atOnce: number) =>
    runJobs(running, rig, endings, groups.tenant, splitIds(groups.ids, atOnce, groups.ids.length / atOnce));
  try {
    await running.startDelivery();
    const start = performance.now();
    await warmUp(running, bare, rig, endings, groups);
    for (let round = 0; round < rounds; round += 1) {
      if (round >= LEAST_ROUNDS && performance.now() - start > ENOUGH_MS) break;
      const bareMs = await resetAndRun(() => runBareWrites(bare, groups.tenant, groups.ids));
      const [one, ...more] = JOBS_AT_ONCE;
      const jobs = [await resetAndRun(() => runJobsAtOnce(one))];
      // The polled job runs right after the job that it is compared with.
      await groups.reset();
      const { ms: polled, location } = await runPolledJob(running, rig, endings, groups);
      statusMs.push(...(await measureStatusTimes(running, rig, location)));
      for (const atOnce of more) jobs.push(await resetAndRun(() => runJobsAtOnce(atOnce)));
      all.push({ bare: bareMs, jobs, polled });
    }
  } finally {
    await running.stop();
    await bare.stop();
  }
  return { targetGroups: groups.ids.length, rounds: all, statusMs };
}

/**
 * Runs until the code is compiled and the connections are open on both sides. The bare writes get more
 * warm-up, because they run once in a round and the worker five times.
 */
async function warmUp(
  running: RunningFunctions,
  bare: FunctionPool,
  rig: BenchRig,
  endings: JobEndings,
  groups: TargetGroupSet,
) {
  const some = groups.ids.slice(0, Math.max(CHUNK, groups.ids.length / 5));
  for (let i = 0; i < 2; i += 1) {
    await groups.reset();
    await runBareWrites(bare, groups.tenant, groups.ids);
    await groups.reset(some.length);
    await runJobs(running, rig, endings, groups.tenant, splitIds(some, 10, some.length / 10));
  }
}

/** @returns wall time in ms */
async function runBareWrites(pool: FunctionPool, tenant: Tenant, ids: readonly string[]): Promise<number> {
  const start = performance.now();
  const moved = await Promise.all(
    splitIds(ids, ids.length / CHUNK, CHUNK).map(async (chunk) => {
      const result = await pool.invoke(
        JSON.stringify({ tenant, ids: chunk, action: 'resume', mark: 'bench@1' } satisfies BareWrites),
      );
      if (!result.ok) throw new Error(`the bare writes failed: ${result.error.errorMessage}`);
      return Number(result.payload);
    }),
  );
  const ms = performance.now() - start;
  const total = moved.reduce((sum, count) => sum + count, 0);
  if (total !== ids.length) throw new Error(`the bare writes moved ${total} of ${ids.length}`);
  return ms;
}

/** Runs a job whose client polls its status four times a second. */
async function runPolledJob(
  running: RunningFunctions,
  rig: BenchRig,
  endings: JobEndings,
  groups: TargetGroupSet,
) {
  const start = performance.now();
  const location = await createJob(running, rig, groups.tenant, groups.ids);
  let polls = Promise.resolve();
  const timer = setInterval(() => {
    polls = polls.then(async () => {
      await invokeFunction(running, 'get-job', makeStatusEvent(rig, location), 200);
    });
  }, POLL_MS);
  await endings.waitForEnd(location);
  const ms = performance.now() - start;
  clearInterval(timer);
  await polls;
  return { ms, location };
}

async function measureStatusTimes(
  running: RunningFunctions,
  rig: BenchRig,
  location: string,
): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    const start = performance.now();
    await invokeFunction(running, 'get-job', makeStatusEvent(rig, location), 200);
    times.push(performance.now() - start);
  }
  return times;
}
