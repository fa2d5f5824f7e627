/**
 * What the stack costs in a month in which nobody creates a job: counted from its template, by the price
 * list.
 */
import { z } from 'zod';
import { OPEN_JOBS_SHARDS } from '../../src/domain/digest.ts';
import { METRICS, type Metric } from '../../src/observability/metric-names.ts';
import { rate } from '../local/template/read-schedules.ts';
import { findResources, type Template } from '../local/template/template.ts';
import {
  estimateBilledMs,
  computeDollars,
  computeGigabyteSeconds,
  NOTHING_USED,
  PLATFORM_LOG_BYTES,
} from './dollars.ts';
import { PRICES } from './prices.ts';

/** What of the stack is there whether or not it is used. */
export interface Standing {
  /** Over all alarms: CloudWatch bills an alarm by the metrics that it reads, not an alarm as such. */
  readonly alarmMetrics: number;
  readonly dashboards: number;
  /** Customer managed keys of KMS. */
  readonly keys: number;
  readonly runEverySeconds: number;
  readonly runMemoryMb: number;
  /** Queues that Lambda reads for a function. */
  readonly polledQueues: number;
}

/** One row of the bill. */
export interface StandingCost {
  readonly what: string;
  readonly count: number;
  /** Dollars for one of them. */
  readonly each: number;
}

const SECONDS_A_MONTH = 730 * 3_600;

/**
 * Lambda keeps so many long polls of 20 seconds open on a queue that is empty, and with a maximum concurrency
 * it never keeps fewer: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const IDLE_POLLS = 5;
const POLL_SECONDS = 20;
const POLLS_A_MONTH = (SECONDS_A_MONTH / POLL_SECONDS) * IDLE_POLLS;

/** Reconcile reads the stored keys of the issuer, up to 4 KB. Its 24 writes a day are left out. */
const KEY_SET_READ = 1;

/** Reconcile reads all shards of the index at once: one query each, half a unit when it finds nothing. */
const RUN_QUERIES = OPEN_JOBS_SHARDS;

/**
 * CPU time of a run that finds nothing, ms of a whole CPU of Lambda. An assumption: it took 11 to 14 bare
 * writes of the bench, which stand for 1 ms each.
 */
const RUN_CPU_MS = 13;

/** The log line of a run: its metrics, beside what Lambda itself writes. */
const RUN_LOG_BYTES = 400 + PLATFORM_LOG_BYTES;

/** The metrics that each run publishes: the open jobs, and the age of the oldest. */
const RUN_METRICS = 2;

/** Custom metrics that the functions can publish: one for each name and value of its dimension. */
const ALL_METRICS = Object.values<Metric>(METRICS).reduce((sum, { by }) => sum + (by?.values.length ?? 1), 0);

const alarmShape = z.object({
  Metrics: z.array(z.object({ MetricStat: z.unknown().optional() })).optional(),
});
const scheduleShape = z.object({ ScheduleExpression: rate });
const functionShape = z.object({ MemorySize: z.number() });

/** Counts what a template leaves standing. @throws Error unless it has one schedule and one reconcile */
export function countStanding(template: Template): Standing {
  const alarmMetrics = findResources(template, 'AWS::CloudWatch::Alarm').map(({ properties }) => {
    const { Metrics } = alarmShape.parse(properties);
    // An expression is no metric: only what it reads is billed.
    return Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1;
  });
  const schedules = findResources(template, 'AWS::Scheduler::Schedule');
  const reconciles = findResources(template, 'AWS::Lambda::Function').filter(({ logicalId }) =>
    logicalId.startsWith('FunctionsReconcile'),
  );
  if (schedules.length !== 1 || reconciles.length !== 1) throw new Error('one schedule runs one reconcile');
  return {
    alarmMetrics: alarmMetrics.reduce((sum, metrics) => sum + metrics, 0),
    dashboards: findResources(template, 'AWS::CloudWatch::Dashboard').length,
    keys: findResources(template, 'AWS::KMS::Key').length,
    runEverySeconds: scheduleShape.parse(schedules[0]?.properties).ScheduleExpression,
    runMemoryMb: functionShape.parse(reconciles[0]?.properties).MemorySize,
    polledQueues: findResources(template, 'AWS::Lambda::EventSourceMapping').length,
  };
}

/** Dollars a month for the polls of an empty queue that a function reads. */
export function computeIdleQueueDollars(): number {
  return POLLS_A_MONTH * PRICES.queueRequest;
}

/** Every row of the bill of a month. */
export function listStandingCosts(standing: Standing): StandingCost[] {
  const { alarmMetrics, dashboards, keys, runEverySeconds, runMemoryMb, polledQueues } = standing;
  return [
    { what: 'metrics that the alarms read', count: alarmMetrics, each: PRICES.alarmMetricMonth },
    { what: 'dashboard', count: dashboards, each: PRICES.dashboardMonth },
    { what: 'key of the alarm topic (KMS)', count: keys, each: PRICES.keyMonth },
    { what: 'metrics that reconcile publishes', count: RUN_METRICS, each: PRICES.metricMonth },
    {
      what: 'runs of reconcile: schedule, function, reads and a write, log lines, traces',
      count: SECONDS_A_MONTH / runEverySeconds,
      each: computeRunDollars(runMemoryMb),
    },
    { what: 'polls of the empty queues', count: POLLS_A_MONTH * polledQueues, each: PRICES.queueRequest },
  ];
}

/** What traffic can add to the month, whatever its volume: each metric is billed once it was published. */
export const METRICS_BY_TRAFFIC: StandingCost = {
  what: 'other metrics of the functions, at most',
  count: ALL_METRICS - RUN_METRICS,
  each: PRICES.metricMonth,
};

/** @returns dollars a month */
export function computeStandingDollars(standing: Standing): number {
  return listStandingCosts(standing).reduce((sum, { count, each }) => sum + count * each, 0);
}

/** One run of reconcile that finds nothing to do. */
function computeRunDollars(memoryMb: number): number {
  // The queries at once, then the write.
  const work = { cpuMs: RUN_CPU_MS, serialCalls: 2, parallelCalls: 0, parallelism: 1 };
  const used = {
    ...NOTHING_USED,
    // What it has counted, for the limits of open work.
    writeUnits: 1,
    readUnits: RUN_QUERIES * 0.5 + KEY_SET_READ,
    invocations: 1,
    gigabyteSeconds: computeGigabyteSeconds(estimateBilledMs(work, memoryMb), memoryMb),
    logBytes: RUN_LOG_BYTES,
    // One a minute is always the first of its second.
    traces: 1,
  };
  return computeDollars(used) + PRICES.scheduledRun;
}
