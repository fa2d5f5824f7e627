/**
 * Compares this stack with its peers: other designs, measured in the same run or computed from the price
 * list.
 */
import type { FunctionName } from '../../../lib/functions/make-functions.ts';
import { makeSqsEvent } from '../../local/sqs-event.ts';
import {
  estimateBilledMs,
  computeDollars,
  computeGigabyteSeconds,
  NOTHING_USED,
  PLATFORM_LOG_BYTES,
  computeSampledShare,
  WRITE_CPU_MS,
} from '../dollars.ts';
import { PRICES } from '../prices.ts';
import { findBest, computeMedian, type Peer, roundFigure } from '../report/figures.ts';
import { bundleFunction } from '../rig/bundle.ts';
import { Yardstick } from '../rig/yardstick.ts';
import { startRedis } from '../rig/bench-emulators.ts';
import { Host } from '../rig/host.ts';
import type { TargetGroupSet } from '../rig/target-group-set.ts';
import { replaceQueueUrl, type BenchRig } from '../rig/bench-rig.ts';
import { runBullMq } from './bullmq.ts';
import { runPlain } from './plain.ts';
import { computeIdleQueueDollars } from '../standing.ts';
import { computeBatchedDollars, computePerItemDollars } from './step-functions.ts';

const MILLION = 1_000_000;
const PLAIN_BATCH = 10;
const HOURS_A_MONTH = 730;

/** The figures of this stack from the same run. */
export interface OwnFigures {
  /** Wall time as a multiple of the bare writes. */
  readonly wall: number;
  /** Write units per target group. */
  readonly units: number;
  /** Dollars per target group. */
  readonly dollars: number;
  /** Dollars a month while nothing runs: alarms, dashboard and reconcile, which no peer has. */
  readonly standing: number;
  readonly chunkSize: number;
  readonly chunkCpuMs: number;
  readonly parallelism: number;
}

/** The measured figures of the peers; units and requests are per target group. */
export interface PeerTimes {
  readonly plainMs: readonly number[];
  readonly plainUnits: number;
  readonly plainQueueRequests: number;
  /** CPU time of an invocation with ten messages, ms as on Lambda. */
  readonly plainCpuMs: number;
  /** Undefined when there is no redis-server. */
  readonly bullMs: readonly number[] | undefined;
}

export async function measurePeers(
  rig: BenchRig,
  groups: TargetGroupSet,
  rounds: number,
  reportProgress: (text: string) => void,
): Promise<PeerTimes> {
  const thousand = groups.ids.slice(0, 1_000);
  await groups.reset();
  const counted = await runPlain(rig, groups, thousand, true);
  const plainCpuMs = await measurePlainCpu(rig, groups);
  const plainMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await groups.reset();
    plainMs.push((await runPlain(rig, groups, groups.ids, false)).ms);
  }
  reportProgress('BullMQ');
  const redis = await startRedis();
  const bullMs = redis && (await runBullMq(rig, groups, redis, rounds).finally(() => redis.stop()));
  return {
    plainMs,
    plainUnits: counted.writeUnits / thousand.length,
    plainQueueRequests: counted.queueRequests / thousand.length,
    plainCpuMs,
    bullMs,
  };
}

/** @returns CPU time of a warm invocation with ten messages, in ms as on Lambda */
async function measurePlainCpu(rig: BenchRig, groups: TargetGroupSet): Promise<number> {
  await groups.reset();
  const worker = replaceQueueUrl(
    await rig.createQueue(),
    rig.findFunction('worker' satisfies FunctionName),
    rig,
  );
  const host = await Host.startFunction(rig, {
    ...worker,
    codePath: await bundleFunction('peers/plain-functions.ts'),
  });
  const yardstick = await Yardstick.open(rig);
  const writes: number[] = [];
  for (let i = 0; i < 40; i += 1) {
    const messages = groups.ids.slice(i * PLAIN_BATCH, (i + 1) * PLAIN_BATCH).map((id) => ({
      MessageId: id,
      ReceiptHandle: id,
      Body: JSON.stringify({ tenant: groups.tenant, jobId: 'cpu', id, total: -1 }),
    }));
    const event = JSON.stringify(makeSqsEvent(messages, rig.source.queueArn));
    writes.push((await yardstick.measureBetweenWrites(() => host.invoke(event))).writes);
  }
  await host.stop();
  await yardstick.stop();
  return computeMedian(writes.slice(10)) * WRITE_CPU_MS;
}

/** @param bareMs best wall time of the bare writes for the same number of target groups */
export function makePeers(times: PeerTimes, ours: OwnFigures, bareMs: number, memoryMb: number): Peer[] {
  const compareWall = (ms: readonly number[] | undefined) =>
    ms === undefined ? null : roundFigure(findBest(ms) / bareMs);
  const scaleToMillion = (dollars: number) => roundFigure(dollars * MILLION);
  const plainWork = { cpuMs: times.plainCpuMs, serialCalls: 2, parallelCalls: 0, parallelism: 1 };
  const invocations = 1 / PLAIN_BATCH;
  const plainDollars = computeDollars({
    ...NOTHING_USED,
    writeUnits: times.plainUnits,
    queueRequests: times.plainQueueRequests,
    invocations,
    gigabyteSeconds: invocations * computeGigabyteSeconds(estimateBilledMs(plainWork, memoryMb), memoryMb),
    logBytes: invocations * PLATFORM_LOG_BYTES,
    traces: invocations * computeSampledShare(400),
  });
  const batch = {
    size: ours.chunkSize,
    cpuMs: ours.chunkCpuMs,
    memoryMb,
    parallelism: ours.parallelism,
  };
  return [
    {
      name: 'fielding-jobs',
      wall: roundFigure(ours.wall),
      units: roundFigure(ours.units),
      dollars: scaleToMillion(ours.dollars),
      dollarsPerMonth: roundFigure(ours.standing),
      crash: 'every target group gets its one outcome, the job ends, nothing is moved twice',
      note: 'a month besides: alarms, a dashboard and reconcile, which the others have not',
    },
    {
      name: 'plain: a message and a counter update per target group',
      wall: compareWall(times.plainMs),
      units: roundFigure(times.plainUnits),
      dollars: scaleToMillion(plainDollars),
      dollarsPerMonth: roundFigure(computeIdleQueueDollars()),
      crash:
        'a message that is delivered again counts twice: the job ends too early; a failed create call leaves a job that never ends',
      note: 'all updates of the counter go to one item, which takes 1,000 a second in AWS',
    },
    {
      name: 'BullMQ flow on Redis',
      wall: compareWall(times.bullMs),
      units: 1,
      dollars: scaleToMillion(PRICES.writeUnit),
      dollarsPerMonth: roundFigure(
        HOURS_A_MONTH * (2 * PRICES.redisHour + PRICES.vcpuHour + 2 * PRICES.memoryHour),
      ),
      crash:
        'a stalled task is run again and its write refused, so that a moved target group is told as failed; Redis loses up to a second of outcomes',
      note:
        times.bullMs === undefined
          ? 'not measured: no redis-server'
          : 'jobs and outcomes are in the memory of Redis, so no units are billed for them, but two nodes and a worker all month',
    },
    {
      name: 'Step Functions Distributed Map, per target group (on paper)',
      wall: null,
      units: 1,
      dollars: scaleToMillion(computePerItemDollars()),
      dollarsPerMonth: 0,
      crash: 'an Express child may run twice: its second write is refused and told as failed',
      note: 'not run: there is none to run here',
    },
    {
      name: 'Step Functions Distributed Map, batches (on paper)',
      wall: null,
      units: 1,
      dollars: scaleToMillion(computeBatchedDollars(batch)),
      dollarsPerMonth: 0,
      crash:
        'a batch that is cut off is run again as a whole: what it had moved is refused and told as failed',
      note: 'not run: there is none to run here; outcomes are left in the output of the children, so no units are billed for them',
    },
  ];
}
