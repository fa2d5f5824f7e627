/** Runs the plain peer on the same pools, pollers and emulators as this stack. */
import { randomUUID } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { makeEmulatorConfig } from '../../kit/emulator.ts';
import { FunctionPool } from '../../local/functions/pool.ts';
import { QueuePoller } from '../../local/queue-poller.ts';
import { bundleFunction } from '../rig/bundle.ts';
import { countQueueRequests, startCountingProxy } from '../rig/counting-proxy.ts';
import { JobEndings } from '../rig/run-jobs.ts';
import type { TargetGroupSet } from '../rig/target-group-set.ts';
import { type Endpoints, replaceQueueUrl, type BenchRig } from '../rig/bench-rig.ts';
import type { PlainJob } from './plain-functions.ts';

/** Lambda's default batch size for a queue. */
const BATCH_SIZE = 10;

export interface PlainRun {
  readonly ms: number;
  readonly writeUnits: number;
  readonly queueRequests: number;
}

/** @param counted whether calls go through a counting proxy; the time is not usable then */
export async function runPlain(
  rig: BenchRig,
  groups: TargetGroupSet,
  ids: readonly string[],
  counted: boolean,
): Promise<PlainRun> {
  const proxies = counted
    ? {
        dynamodb: await startCountingProxy(rig.stores.dynamodb),
        sqs: await startCountingProxy(rig.stores.sqs),
      }
    : undefined;
  const at: Endpoints =
    proxies === undefined ? rig.stores : { dynamodb: proxies.dynamodb.url, sqs: proxies.sqs.url };
  const queueUrl = new URL(new URL(await rig.createQueue()).pathname, at.sqs).href;
  const endings = new JobEndings();
  const lambda = {
    ...replaceQueueUrl(queueUrl, rig.findFunction('worker'), rig),
    codePath: await bundleFunction('peers/plain-functions.ts'),
  };
  const log = (text: string) => {
    endings.readLogLine(text);
  };
  const creator = new FunctionPool({ ...lambda, timeoutSeconds: 300 }, at, log);
  const workers = new FunctionPool(lambda, at, log);
  const sqs = new SQSClient(makeEmulatorConfig(at.sqs));
  const poller = await QueuePoller.start({
    source: { ...rig.source, batchSize: BATCH_SIZE },
    queueUrl,
    sqs,
    pool: workers,
    notice: (text) => {
      throw new Error(text);
    },
  });
  try {
    const run = async (some: readonly string[]) => {
      const job: PlainJob = { tenant: groups.tenant, jobId: randomUUID(), ids: some };
      const start = performance.now();
      const created = await creator.invoke(JSON.stringify(job));
      if (!created.ok) throw new Error(`the plain way failed: ${created.error.errorMessage}`);
      await endings.waitForEnd(job.jobId);
      return performance.now() - start;
    };
    if (!counted) await warmUp(run, groups, ids);
    const ms = await run(ids);
    const calls = proxies === undefined ? [] : [...proxies.dynamodb.calls, ...proxies.sqs.calls];
    return {
      ms,
      writeUnits: calls.reduce((sum, { writeUnits }) => sum + writeUnits, 0),
      queueRequests: calls.reduce((sum, call) => sum + countQueueRequests(call), 0),
    };
  } finally {
    await poller.stop();
    await Promise.all([creator.stop(), workers.stop()]);
    sqs.destroy();
    await proxies?.dynamodb.close();
    await proxies?.sqs.close();
  }
}

async function warmUp(
  run: (ids: readonly string[]) => Promise<number>,
  groups: TargetGroupSet,
  ids: readonly string[],
) {
  await run(ids.slice(0, ids.length / 10));
  await groups.reset();
}
