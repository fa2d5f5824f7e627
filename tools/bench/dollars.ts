/** Computes costs in dollars from counted usage and the price list. */
import { PRICES } from './prices.ts';

/** The usage of everything that AWS bills by use. */
export interface Usage {
  /** DynamoDB's request units, on all tables and indexes. */
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Requests that SQS bills, one for each 64 KB. */
  readonly queueRequests: number;
  /** How many of them cost more because of a message group id. */
  readonly fairQueueRequests: number;
  readonly invocations: number;
  readonly gigabyteSeconds: number;
  readonly apiRequests: number;
  readonly logBytes: number;
  readonly traces: number;
}

export const NOTHING_USED: Usage = {
  writeUnits: 0,
  readUnits: 0,
  queueRequests: 0,
  fairQueueRequests: 0,
  invocations: 0,
  gigabyteSeconds: 0,
  apiRequests: 0,
  logBytes: 0,
  traces: 0,
};

const GIGABYTE = 2 ** 30;

/** Computes dollars by service. */
export function computeDollarsByService(usage: Usage) {
  return {
    writes: usage.writeUnits * PRICES.writeUnit,
    reads: usage.readUnits * PRICES.readUnit,
    queue: usage.queueRequests * PRICES.queueRequest + usage.fairQueueRequests * PRICES.fairQueueRequest,
    functions: usage.invocations * PRICES.invocation + usage.gigabyteSeconds * PRICES.gigabyteSecond,
    api: usage.apiRequests * PRICES.apiRequest,
    logs: (usage.logBytes / GIGABYTE) * PRICES.logGigabyte,
    traces: usage.traces * PRICES.trace,
  };
}

export function computeDollars(usage: Usage): number {
  return Object.values(computeDollarsByService(usage)).reduce((sum, dollars) => sum + dollars, 0);
}

/** Computes the least cost of moving target groups: one write of up to 1 KB for each. */
export function computeFloorDollars(targetGroups: number): number {
  return targetGroups * PRICES.writeUnit;
}

/** The work of one invocation that takes time. */
export interface Work {
  /** CPU time in ms on one whole vCPU of Lambda. */
  readonly cpuMs: number;
  /** Length of the longest chain of calls that wait for each other, without the parallel calls. */
  readonly serialCalls: number;
  /** Number of calls that run in parallel, `parallelism` at a time. */
  readonly parallelCalls: number;
  readonly parallelism: number;
}

/** Duration of a call to DynamoDB or SQS in ms. An assumption: AWS promises single-digit milliseconds. */
const CALL_MS = 5;

/**
 * CPU time of one bare conditional write in ms on one whole vCPU of Lambda. An assumption: on the development
 * machine it took 0.6 to 1.2 ms. docs/performance.md says how much the figures depend on it.
 */
export const WRITE_CPU_MS = 1;

/** Log bytes that Lambda itself writes for an invocation: START, END and REPORT, with the line of X-Ray. */
export const PLATFORM_LOG_BYTES = 420;

/**
 * A function with this many MB of memory has one whole vCPU.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const WHOLE_CPU_MB = 1_769;

/**
 * Estimates the billed duration of an invocation in ms. CPU work overlaps with the parallel calls, so that
 * the longer of the two counts; the chain of serial calls is added.
 */
export function estimateBilledMs(
  { cpuMs, serialCalls, parallelCalls, parallelism }: Work,
  memoryMb: number,
): number {
  const share = Math.min(1, memoryMb / WHOLE_CPU_MB);
  const waiting = (parallelCalls / parallelism) * CALL_MS;
  return Math.ceil(Math.max(cpuMs / share, waiting) + serialCalls * CALL_MS);
}

/** Computes the GB-seconds of an invocation. */
export function computeGigabyteSeconds(ms: number, memoryMb: number): number {
  return (ms / 1_000) * (memoryMb / 1_024);
}

/** Returns how many requests SQS bills for one request with a payload of `bytes`. */
export function countBilledRequests(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 65_536));
}

/**
 * Returns the share of traces that X-Ray records by its default rule: the first of each second, and 5 % of
 * the others. Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
 * @param perSecond how many traces begin per second
 */
export function computeSampledShare(perSecond: number): number {
  return perSecond <= 1 ? 1 : (1 + 0.05 * (perSecond - 1)) / perSecond;
}
