/**
 * Counts the usage of a job: calls, units, messages and bytes, from the create call to one status call after
 * the end. Counts do not depend on the speed of the machine.
 */
import { longestChain } from '../chain.ts';
import type { FunctionName } from '../../../lib/functions/functions.ts';
import { type Call, type CountingProxy, queueRequests, startCountingProxy } from '../rig/counting-proxy.ts';
import { Endings } from '../rig/jobs.ts';
import { call, create, statusEvent } from '../rig/requests.ts';
import type { TargetGroupSet } from '../rig/target-groups.ts';
import { FUNCTIONS, run, type World } from '../rig/world.ts';

type Caller = FunctionName | 'poller';

/** Sizes of the counted jobs, in target groups. */
const SIZES = [1, 10, 100, 1_000, 10_000] as const;

/**
 * Delay of each answer: longer than a busy machine needs to send all calls that do not wait for each other.
 */
const HELD_BACK_MS = 150;

export interface JobCounts {
  readonly targetGroups: number;
  /** Calls of the create call alone, and the longest chain of them. */
  readonly createCalls: number;
  readonly createChain: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Read units and body bytes of the status call after the end. */
  readonly statusReadUnits: number;
  readonly statusBytes: number;
  readonly queueRequests: number;
  readonly chunks: number;
  /** Bytes of the lines that the functions printed. */
  readonly logBytes: number;
}

export async function countJobs(world: World, groups: TargetGroupSet): Promise<JobCounts[]> {
  const proxies = new Map<string, { dynamodb: CountingProxy; sqs: CountingProxy }>();
  const callers: readonly Caller[] = [...(Object.keys(FUNCTIONS) as FunctionName[]), 'poller'];
  for (const caller of callers) {
    proxies.set(caller, {
      dynamodb: await startCountingProxy(world.stores.dynamodb),
      sqs: await startCountingProxy(world.stores.sqs),
    });
  }
  const of = (caller: Caller) => {
    const pair = proxies.get(caller);
    if (pair === undefined) throw new Error(`no proxies for ${caller}`);
    return pair;
  };
  const callsOf = (caller: Caller) => [...of(caller).dynamodb.calls, ...of(caller).sqs.calls];
  const endings = new Endings();
  let logBytes = 0;
  const running = await run(
    world,
    (caller) => ({ dynamodb: of(caller).dynamodb.url, sqs: of(caller).sqs.url }),
    (_name, text) => {
      logBytes += Buffer.byteLength(text) + 1;
      endings.read(text);
    },
  );
  const counts: JobCounts[] = [];
  try {
    await running.deliver();
    // The first job is not counted: its calls include those of the functions' start.
    for (const size of [1, ...SIZES]) {
      await groups.reset(size);
      for (const { dynamodb, sqs } of proxies.values()) dynamodb.calls.length = sqs.calls.length = 0;
      logBytes = 0;
      const creator = of('create-job');
      creator.dynamodb.delayMs = creator.sqs.delayMs = HELD_BACK_MS;
      const location = await create(running, world, groups.tenant, groups.ids.slice(0, size));
      await endings.of(location);
      const { body = '' } = await call(running, 'get-job', statusEvent(world, location), 200);
      const all = callers.flatMap(callsOf);
      counts.push({
        targetGroups: size,
        createCalls: callsOf('create-job').length,
        createChain: longestChain(callsOf('create-job')),
        writeUnits: sum(all, 'writeUnits'),
        readUnits: sum(all, 'readUnits'),
        statusReadUnits: sum(callsOf('get-job'), 'readUnits'),
        statusBytes: Buffer.byteLength(body),
        queueRequests: all.reduce((requests, each) => requests + queueRequests(each), 0),
        chunks: of('poller').sqs.calls.reduce((messages, each) => messages + each.messages, 0),
        logBytes,
      });
    }
  } finally {
    await running.stop();
    const all = [...proxies.values()].flatMap(({ dynamodb, sqs }) => [dynamodb, sqs]);
    await Promise.all(all.map((proxy) => proxy.close()));
  }
  return counts.slice(1);
}

function sum(calls: readonly Call[], what: 'writeUnits' | 'readUnits'): number {
  return calls.reduce((total, each) => total + each[what], 0);
}
