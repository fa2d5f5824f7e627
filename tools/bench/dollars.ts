/** From what was counted to what it costs. Pure: counts and prices in, dollars out. */
import { PRICES } from './prices.ts';

/** What was used, of everything that is billed by use. */
export interface Usage {
  /** DynamoDB, on all tables and indexes. */
  readonly writeUnits: number;
  readonly readUnits: number;
  /** SQS: billed requests, so 64 KB each. */
  readonly queueRequests: number;
  /** Of those, the ones that a message group id makes dearer. */
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

/** Dollars by service. */
export function dollarsBy(usage: Usage) {
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

export type DollarsBy = ReturnType<typeof dollarsBy>;

export function dollarsOf(usage: Usage): number {
  return Object.values(dollarsBy(usage)).reduce((sum, dollars) => sum + dollars, 0);
}

/** The least that moving target groups can cost: one write of up to 1 KB for each, and nothing else. */
export function floorDollars(targetGroups: number): number {
  return targetGroups * PRICES.writeUnit;
}

/** What one invocation does, as far as it takes time. */
export interface Work {
  /** CPU time, ms of a whole CPU of Lambda. */
  readonly cpuMs: number;
  /** The longest chain of calls that wait for each other, without those that run many at a time. */
  readonly serialCalls: number;
  /** Calls that run many at a time, and how many at a time. */
  readonly parallelCalls: number;
  readonly parallelism: number;
}

/** A call to DynamoDB or SQS from a function beside it, ms. An assumption: AWS promises single digits. */
export const CALL_MS = 5;

/**
 * CPU time of one bare conditional write on a whole CPU of Lambda, ms. An assumption: where this was written
 * it took 0.6 to 1.2, by what else the host of the machine did. docs/performance.md says how far the figures
 * hang on it.
 */
export const WRITE_CPU_MS = 1;

/** What Lambda itself writes for an invocation: START, END and REPORT, with the line of X-Ray. */
export const PLATFORM_LOG_BYTES = 420;

/** A function with so much memory has one whole CPU, in MB. */
export const WHOLE_CPU_MB = 1_769;

/**
 * How long an invocation is billed for in AWS, ms. The part that runs many calls at a time takes what its CPU
 * or its waiting takes, whichever is longer; the calls that wait for each other come on top.
 */
export function billedMs({ cpuMs, serialCalls, parallelCalls, parallelism }: Work, memoryMb: number): number {
  const share = Math.min(1, memoryMb / WHOLE_CPU_MB);
  const waiting = (parallelCalls / parallelism) * CALL_MS;
  return Math.ceil(Math.max(cpuMs / share, waiting) + serialCalls * CALL_MS);
}

/** Of an invocation of so many ms. */
export function gigabyteSeconds(ms: number, memoryMb: number): number {
  return (ms / 1_000) * (memoryMb / 1_024);
}

/** Requests that SQS bills for one that carries so many bytes. */
export function billedRequests(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 65_536));
}

/**
 * The share of traces that X-Ray records by its default rule: the first of each second, and 5 % of the
 * others.
 * @param perSecond how many begin
 */
export function sampledShare(perSecond: number): number {
  return perSecond <= 1 ? 1 : (1 + 0.05 * (perSecond - 1)) / perSecond;
}
