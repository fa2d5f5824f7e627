/**
 * Compares this stack with its peers: other designs, measured in the same run or computed from the price
 * list.
 */
import type { FunctionName } from '../../../lib/functions/functions.ts';
import { sqsEvent } from '../../local/sqs-event.ts';
import {
  billedMs,
  dollarsOf,
  gigabyteSeconds,
  NOTHING_USED,
  PLATFORM_LOG_BYTES,
  sampledShare,
  WRITE_CPU_MS,
} from '../dollars.ts';
import { PRICES } from '../prices.ts';
import { best, median, type Peer, rounded } from '../report/figures.ts';
import { bundle } from '../rig/bundle.ts';
import { Yardstick } from '../rig/yardstick.ts';
import { startRedis } from '../rig/emulators.ts';
import { Host } from '../rig/host.ts';
import type { TargetGroupSet } from '../rig/target-groups.ts';
import { sendingTo, type World } from '../rig/world.ts';
import { runBullMq } from './bullmq.ts';
import { runPlain } from './plain.ts';
import { idleQueueDollars } from '../standing.ts';
import { batchedDollars, perItemDollars } from './step-functions.ts';

const MILLION = 1_000_000;
const PLAIN_BATCH = 10;
const HOURS_A_MONTH = 730;

/** The figures of this stack from the same run. */
export interface Ours {
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
  world: World,
  groups: TargetGroupSet,
  rounds: number,
  say: (text: string) => void,
): Promise<PeerTimes> {
  const thousand = groups.ids.slice(0, 1_000);
  await groups.reset();
  const counted = await runPlain(world, groups, thousand, true);
  const plainCpuMs = await plainCpu(world, groups);
  const plainMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await groups.reset();
    plainMs.push((await runPlain(world, groups, groups.ids, false)).ms);
  }
  say('BullMQ');
  const redis = await startRedis();
  const bullMs = redis && (await runBullMq(world, groups, redis, rounds).finally(() => redis.stop()));
  return {
    plainMs,
    plainUnits: counted.writeUnits / thousand.length,
    plainQueueRequests: counted.queueRequests / thousand.length,
    plainCpuMs,
    bullMs,
  };
}

/** @returns CPU time of a warm invocation with ten messages, in ms as on Lambda */
async function plainCpu(world: World, groups: TargetGroupSet): Promise<number> {
  await groups.reset();
  const worker = sendingTo(await world.newQueue(), world.lambda('worker' satisfies FunctionName), world);
  const host = await Host.of(world, { ...worker, codePath: await bundle('peers/plain-functions.ts') });
  const yardstick = await Yardstick.open(world);
  const writes: number[] = [];
  for (let i = 0; i < 40; i += 1) {
    const messages = groups.ids.slice(i * PLAIN_BATCH, (i + 1) * PLAIN_BATCH).map((id) => ({
      MessageId: id,
      ReceiptHandle: id,
      Body: JSON.stringify({ tenant: groups.tenant, jobId: 'cpu', id, total: -1 }),
    }));
    const event = JSON.stringify(sqsEvent(messages, world.source.queueArn));
    writes.push((await yardstick.beside(() => host.invoke(event))).writes);
  }
  await host.stop();
  await yardstick.stop();
  return median(writes.slice(10)) * WRITE_CPU_MS;
}

/** @param bareMs best wall time of the bare writes for the same number of target groups */
export function peersOf(times: PeerTimes, ours: Ours, bareMs: number, memoryMb: number): Peer[] {
  const wall = (ms: readonly number[] | undefined) => (ms === undefined ? null : rounded(best(ms) / bareMs));
  const perMillion = (dollars: number) => rounded(dollars * MILLION);
  const plainWork = { cpuMs: times.plainCpuMs, serialCalls: 2, parallelCalls: 0, parallelism: 1 };
  const invocations = 1 / PLAIN_BATCH;
  const plainDollars = dollarsOf({
    ...NOTHING_USED,
    writeUnits: times.plainUnits,
    queueRequests: times.plainQueueRequests,
    invocations,
    gigabyteSeconds: invocations * gigabyteSeconds(billedMs(plainWork, memoryMb), memoryMb),
    logBytes: invocations * PLATFORM_LOG_BYTES,
    traces: invocations * sampledShare(400),
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
      wall: rounded(ours.wall),
      units: rounded(ours.units),
      dollars: perMillion(ours.dollars),
      dollarsPerMonth: rounded(ours.standing),
      crash: 'every target group gets its one outcome, the job ends, nothing is moved twice',
      note: 'a month besides: alarms, a dashboard and reconcile, which the others have not',
    },
    {
      name: 'plain: a message and a counter update per target group',
      wall: wall(times.plainMs),
      units: rounded(times.plainUnits),
      dollars: perMillion(plainDollars),
      dollarsPerMonth: rounded(idleQueueDollars()),
      crash:
        'a message that is delivered again counts twice: the job ends too early; a failed create call leaves a job that never ends',
      note: 'all updates of the counter go to one item, which takes 1,000 a second in AWS',
    },
    {
      name: 'BullMQ flow on Redis',
      wall: wall(times.bullMs),
      units: 1,
      dollars: perMillion(PRICES.writeUnit),
      dollarsPerMonth: rounded(
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
      dollars: perMillion(perItemDollars()),
      dollarsPerMonth: 0,
      crash: 'an Express child may run twice: its second write is refused and told as failed',
      note: 'not run: there is none to run here',
    },
    {
      name: 'Step Functions Distributed Map, batches (on paper)',
      wall: null,
      units: 1,
      dollars: perMillion(batchedDollars(batch)),
      dollarsPerMonth: 0,
      crash:
        'a batch that is cut off is run again as a whole: what it had moved is refused and told as failed',
      note: 'not run: there is none to run here; outcomes are left in the output of the children, so no units are billed for them',
    },
  ];
}
