/**
 * Measures wall times: the bare writes, a job with and without a polling client, and the same target groups
 * in more and smaller jobs. They take turns, round by round, so that a slow minute of the machine does not
 * affect only one.
 */
import { bundle } from '../rig/bundle.ts';
import type { BareWrites } from '../bare/writes.ts';
import { FunctionPool } from '../../local/functions/pool.ts';
import { Endings, runJobs } from '../rig/jobs.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { call, create, statusEvent } from '../rig/requests.ts';
import { lists, type TargetGroupSet } from '../rig/target-groups.ts';
import { run, type Running, type World } from '../rig/world.ts';

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
export async function measureSpeed(world: World, groups: TargetGroupSet, rounds: number): Promise<Speed> {
  const endings = new Endings();
  const running = await run(
    world,
    () => world.stores,
    (_name, text) => {
      endings.read(text);
    },
  );
  const bare = new FunctionPool(
    { ...world.lambda('worker'), codePath: await bundle('bare/writes.ts') },
    world.stores,
    (text) => {
      throw new Error(text);
    },
  );
  const all: Round[] = [];
  const statusMs: number[] = [];
  const timed = async (work: () => Promise<number>) => {
    await groups.reset();
    return work();
  };
  const jobsAtOnce = (atOnce: number) =>
    runJobs(running, world, endings, groups.tenant, lists(groups.ids, atOnce, groups.ids.length / atOnce));
  try {
    await running.deliver();
    const start = performance.now();
    await warmUp(running, bare, world, endings, groups);
    for (let round = 0; round < rounds; round += 1) {
      if (round >= LEAST_ROUNDS && performance.now() - start > ENOUGH_MS) break;
      const bareMs = await timed(() => bareWrites(bare, groups.tenant, groups.ids));
      const [one, ...more] = JOBS_AT_ONCE;
      const jobs = [await timed(() => jobsAtOnce(one))];
      // The polled job runs right after the job that it is compared with.
      await groups.reset();
      const { ms: polled, location } = await polledJob(running, world, endings, groups);
      statusMs.push(...(await statusTimes(running, world, location)));
      for (const atOnce of more) jobs.push(await timed(() => jobsAtOnce(atOnce)));
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
  running: Running,
  bare: FunctionPool,
  world: World,
  endings: Endings,
  groups: TargetGroupSet,
) {
  const some = groups.ids.slice(0, Math.max(CHUNK, groups.ids.length / 5));
  for (let i = 0; i < 2; i += 1) {
    await groups.reset();
    await bareWrites(bare, groups.tenant, groups.ids);
    await groups.reset(some.length);
    await runJobs(running, world, endings, groups.tenant, lists(some, 10, some.length / 10));
  }
}

/** @returns wall time in ms */
async function bareWrites(pool: FunctionPool, tenant: Tenant, ids: readonly string[]): Promise<number> {
  const start = performance.now();
  const moved = await Promise.all(
    lists(ids, ids.length / CHUNK, CHUNK).map(async (chunk) => {
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
async function polledJob(running: Running, world: World, endings: Endings, groups: TargetGroupSet) {
  const start = performance.now();
  const location = await create(running, world, groups.tenant, groups.ids);
  let polls = Promise.resolve();
  const timer = setInterval(() => {
    polls = polls.then(async () => {
      await call(running, 'get-job', statusEvent(world, location), 200);
    });
  }, POLL_MS);
  await endings.of(location);
  const ms = performance.now() - start;
  clearInterval(timer);
  await polls;
  return { ms, location };
}

async function statusTimes(running: Running, world: World, location: string): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    const start = performance.now();
    await call(running, 'get-job', statusEvent(world, location), 200);
    times.push(performance.now() - start);
  }
  return times;
}
