/**
 * Runs a job as a flow of BullMQ on a real Redis: one child task for each target group, and a parent task
 * that gets the outcomes when all children are done.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { FlowProducer, Worker } from 'bullmq';
import { makeEnvironment } from '../../local/functions/function-environment.ts';
import type { TargetGroupSet } from '../rig/target-group-set.ts';
import type { BenchRig } from '../rig/bench-rig.ts';
import type { Redis } from '../rig/bench-emulators.ts';
import type { BullTask } from './bullmq-worker.ts';

/** Number of worker processes: the same as the most instances of a local function pool. */
const PROCESSES = Math.min(10, 2 * availableParallelism());

/**
 * @returns wall time in ms of each round but the first, from adding the flow to the end of its parent task
 */
export async function runBullMq(
  rig: BenchRig,
  groups: TargetGroupSet,
  redis: Redis,
  rounds: number,
): Promise<number[]> {
  const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null };
  const children = await Promise.all(Array.from({ length: PROCESSES }, () => startWorker(rig, redis)));
  const flows = new FlowProducer({ connection });
  const ended = new Map<string, (moved: number) => void>();
  const parents = new Worker(
    'jobs',
    async (job) => {
      const outcomes = Object.values(await job.getChildrenValues<boolean>());
      ended.get(job.name)?.(outcomes.filter(Boolean).length);
    },
    { connection },
  );
  await parents.waitUntilReady();
  const times: number[] = [];
  try {
    for (let round = 0; round <= rounds; round += 1) {
      await groups.reset();
      const mark = randomUUID().slice(0, 12);
      const done = new Promise<number>((resolve) => ended.set(mark, resolve));
      const start = performance.now();
      await flows.add({
        name: mark,
        queueName: 'jobs',
        children: groups.ids.map((id) => ({
          name: 'move',
          queueName: 'target-groups',
          data: { tenant: groups.tenant, id, mark } satisfies BullTask,
        })),
      });
      const moved = await done;
      if (round > 0) times.push(performance.now() - start);
      if (moved !== groups.ids.length) throw new Error(`BullMQ moved ${moved} of ${groups.ids.length}`);
    }
  } finally {
    await parents.close();
    await flows.close();
    await Promise.all(children.map(stopWorker));
  }
  return times;
}

async function startWorker(rig: BenchRig, redis: Redis): Promise<ChildProcess> {
  const env = {
    ...makeEnvironment(rig.findFunction('worker'), rig.stores, 'bench'),
    REDIS_PORT: String(redis.port),
  };
  const child = fork(join(import.meta.dirname, 'bullmq-worker.ts'), {
    env,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`a worker of BullMQ ended with ${String(code)}`);
  });
  await Promise.race([once(child, 'message'), exited]);
  exited.catch(() => undefined);
  return child;
}

async function stopWorker(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}
