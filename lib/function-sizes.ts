/** The functions by name, what each is for, and how much memory and time it gets, with the reason. */
import type { Config } from './config.ts';

/** The functions; each has its entry file of the same name in lambdas/. */
export const FUNCTION_NAMES = [
  'create-job',
  'get-job',
  'get-fielding-runs',
  'not-found',
  'worker',
  'reconcile',
] as const;

export type FunctionName = (typeof FUNCTION_NAMES)[number];

export interface FunctionSize {
  readonly description: string;
  /** Memory in MB. The share of a CPU grows with it: 1,769 MB are one whole. */
  readonly memorySize: number;
  /** Seconds, or the configured timeout of the worker. */
  readonly timeout: number | 'configured';
}

export const FUNCTION_SIZES: Readonly<Record<FunctionName, FunctionSize>> = {
  'create-job': {
    description: 'Creates a bulk job and enqueues its chunks',
    // 10,000 ids are parsed, sorted and hashed while a client waits, and a cold start is bound by the CPU: both take
    // half of the time of 512 MB, at about the same price. Of the memory itself less than a tenth is used.
    memorySize: 1024,
    // Under the 30 s after which API Gateway gives up, so that the caller gets our own error, with its id.
    timeout: 25,
  },
  'get-job': {
    description: 'Answers the status of a bulk job',
    // A report of 10,000 target groups is several MB of JSON, put together while a client waits.
    memorySize: 1024,
    // Under the 30 s after which API Gateway gives up.
    timeout: 25,
  },
  'get-fielding-runs': {
    description: 'Answers the fielding run of a target group',
    // One small read: memory only buys a shorter cold start.
    memorySize: 512,
    // A read of a few milliseconds, and time for a slow answer of the token issuer.
    timeout: 10,
  },
  'not-found': {
    description: 'Answers every unknown route',
    // A constant answer: nothing to speed up but the cold start, for which few wait.
    memorySize: 256,
    // Calls nothing that could keep it waiting.
    timeout: 5,
  },
  worker: {
    description: 'Moves the target groups of a chunk and settles their outcomes',
    // Bound by its share of a CPU while it signs and sends its writes, some half of a second for a chunk of 200. Ten
    // at a time then write about as much as a new table takes, 4,000 a second: more memory would halve the time at the
    // same price, and have the table throttle. Half as much would hardly hold what the heap grows to.
    memorySize: 512,
    timeout: 'configured',
  },
  reconcile: {
    description: 'Takes up stalled jobs and ends those past their deadline',
    // Works in pages, so it never holds more than a few jobs.
    memorySize: 512,
    // Under the minute between two runs, so that they do not overlap.
    timeout: 50,
  },
};

/**
 * The most invocations of a function at a time, which are kept free for it as well; undefined for a share in what
 * the account has. Nothing by default: a reservation that leaves an account with fewer than 100 is refused by AWS,
 * and a new account may have no more than 10 in all.
 */
export function reservedConcurrency(name: FunctionName, config: Config): number | undefined {
  if (name === 'create-job') return config.createReservedConcurrency;
  if (name === 'get-job') return config.readReservedConcurrency;
  return undefined;
}

/** The timeout of a function, in seconds. */
export function timeoutSeconds(name: FunctionName, config: Config): number {
  const { timeout } = FUNCTION_SIZES[name];
  return timeout === 'configured' ? config.workerTimeoutSeconds : timeout;
}
