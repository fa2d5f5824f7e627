/** What the stack costs in a month in which nobody creates a job. */
import { billedMs, dollarsOf, gigabyteSeconds, NOTHING_USED } from './dollars.ts';
import { PRICES } from './prices.ts';

/** What of the stack is there whether or not it is used. */
export interface Standing {
  readonly alarms: number;
  readonly dashboards: number;
  /** Runs of reconcile, each with CPU time of so many ms. */
  readonly runEverySeconds: number;
  readonly runCpuMs: number;
  readonly runMemoryMb: number;
  /** Bytes of log lines of a run, Lambda's own included. */
  readonly runLogBytes: number;
}

const SECONDS_A_MONTH = 730 * 3_600;

/** Lambda keeps so many long polls of 20 seconds open on a queue that is empty. */
const IDLE_POLLS = 5;
const POLL_SECONDS = 20;

/** Reconcile looks for due jobs and counts open ones: two queries, each half a unit when it finds nothing. */
const RUN_QUERIES = 2;

/** Metrics that each run measures: the open jobs, and the age of the oldest while there is one. */
const RUN_METRICS = 2;

/** Dollars a month for the polls of an empty queue that a function reads. */
export function idleQueueDollars(): number {
  return (SECONDS_A_MONTH / POLL_SECONDS) * IDLE_POLLS * PRICES.queueRequest;
}

/** @returns dollars a month */
export function standingDollars(standing: Standing): number {
  const { alarms, dashboards, runEverySeconds, runCpuMs, runMemoryMb, runLogBytes } = standing;
  const runs = SECONDS_A_MONTH / runEverySeconds;
  const work = { cpuMs: runCpuMs, serialCalls: RUN_QUERIES, parallelCalls: 0, parallelism: 1 };
  const used = dollarsOf({
    ...NOTHING_USED,
    readUnits: runs * RUN_QUERIES * 0.5,
    invocations: runs,
    gigabyteSeconds: runs * gigabyteSeconds(billedMs(work, runMemoryMb), runMemoryMb),
    logBytes: runs * runLogBytes,
    // One a minute is always the first of its second.
    traces: runs,
  });
  return (
    used +
    idleQueueDollars() +
    runs * PRICES.scheduledRun +
    alarms * PRICES.alarmMonth +
    dashboards * PRICES.dashboardMonth +
    RUN_METRICS * PRICES.metricMonth
  );
}
