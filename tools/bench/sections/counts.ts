/**
 * Counts the usage of a job: calls, units, messages and bytes, from the create call to one status call after
 * the end. Counts do not depend on the speed of the machine.
 */
import { measureLongestChain } from '../chain.ts';
import type { FunctionName } from '../../../lib/functions/make-functions.ts';
import {
  type Call,
  type CountingProxy,
  countQueueRequests,
  startCountingProxy,
} from '../rig/counting-proxy.ts';
import { JobEndings } from '../rig/run-jobs.ts';
import { invokeFunction, createJob, makeStatusEvent } from '../rig/gateway-events.ts';
import type { TargetGroupSet } from '../rig/target-group-set.ts';
import { FUNCTIONS, startFunctions, type BenchRig } from '../rig/bench-rig.ts';

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

export async function countJobs(rig: BenchRig, groups: TargetGroupSet): Promise<JobCounts[]> {
  const proxies = new Map<string, { dynamodb: CountingProxy; sqs: CountingProxy }>();
  const callers: readonly Caller[] = [...(Object.keys(FUNCTIONS) as FunctionName[]), 'poller'];
  for (const caller of callers) {
    proxies.set(caller, {
      dynamodb: await startCountingProxy(rig.stores.dynamodb),
      sqs: await startCountingProxy(rig.stores.sqs),
    });
  }
  const getProxies = (caller: Caller) => {
    const pair = proxies.get(caller);
    if (pair === undefined) throw new Error(`no proxies for ${caller}`);
    return pair;
  };
  const listCalls = (caller: Caller) => [
    ...getProxies(caller).dynamodb.calls,
    ...getProxies(caller).sqs.calls,
  ];
  const endings = new JobEndings();
  let logBytes = 0;
  const running = await startFunctions(
    rig,
    (caller) => ({ dynamodb: getProxies(caller).dynamodb.url, sqs: getProxies(caller).sqs.url }),
    (_name, text) => {
      logBytes += Buffer.byteLength(text) + 1;
      endings.readLogLine(text);
    },
  );
  const counts: JobCounts[] = [];
  try {
    await running.startDelivery();
    // The first job is not counted: its calls include those of the functions' start.
    for (const size of [1, ...SIZES]) {
      await groups.reset(size);
      for (const { dynamodb, sqs } of proxies.values()) dynamodb.calls.length = sqs.calls.length = 0;
      logBytes = 0;
      const creator = getProxies('create-job');
      creator.dynamodb.delayMs = creator.sqs.delayMs = HELD_BACK_MS;
      const location = await createJob(running, rig, groups.tenant, groups.ids.slice(0, size));
      await endings.waitForEnd(location);
      const { body = '' } = await invokeFunction(running, 'get-job', makeStatusEvent(rig, location), 200);
      const all = callers.flatMap(listCalls);
      counts.push({
        targetGroups: size,
        createCalls: listCalls('create-job').length,
        createChain: measureLongestChain(listCalls('create-job')),
        writeUnits: sumUnits(all, 'writeUnits'),
        readUnits: sumUnits(all, 'readUnits'),
        statusReadUnits: sumUnits(listCalls('get-job'), 'readUnits'),
        statusBytes: Buffer.byteLength(body),
        queueRequests: all.reduce((requests, each) => requests + countQueueRequests(each), 0),
        chunks: getProxies('poller').sqs.calls.reduce((messages, each) => messages + each.messages, 0),
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

function sumUnits(calls: readonly Call[], what: 'writeUnits' | 'readUnits'): number {
  return calls.reduce((total, each) => total + each[what], 0);
}
