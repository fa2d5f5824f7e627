/** Reads an alarm of the template, and computes the state that CloudWatch would give it (ADR 24). */
import { z } from 'zod';
import { type Datapoint, isOfMetric } from './datapoint.ts';
import { computeExpression, type Value } from './metric-math.ts';
import { type MetricReference, readMetricReference } from './metric-reference.ts';
import { computeStatistic } from './statistic.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

const COMPARISONS = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
};

/** A metric that an expression uses, by its id. */
interface Input {
  readonly id: string;
  readonly metric: MetricReference;
  readonly statistic: string;
}

export interface Alarm {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly expression: string;
  readonly periodMs: number;
  readonly threshold: number;
  readonly comparison: keyof typeof COMPARISONS;
  readonly datapointsToAlarm: number;
  readonly evaluationPeriods: number;
  readonly missing: 'breaching' | 'notBreaching' | 'ignore' | 'missing';
}

const commonSchema = z.object({
  AlarmName: z.string(),
  ComparisonOperator: z.enum([
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanOrEqualToThreshold',
    'LessThanThreshold',
  ]),
  DatapointsToAlarm: z.number().optional(),
  EvaluationPeriods: z.number(),
  Threshold: z.number(),
  TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']).default('missing'),
});
const oneMetricSchema = z
  .object({ MetricName: z.string(), Period: z.number(), Statistic: z.string() })
  .loose();
const expressionSchema = z.object({
  Metrics: z.array(
    z.union([
      z.object({
        Id: z.string(),
        MetricStat: z.object({ Metric: z.unknown(), Period: z.number(), Stat: z.string() }),
        ReturnData: z.literal(false),
      }),
      z.object({ Id: z.string(), Expression: z.string(), ReturnData: z.literal(true).optional() }),
    ]),
  ),
});

/**
 * Reads an alarm.
 *
 * @param properties of an AWS::CloudWatch::Alarm, all references resolved
 * @throws ZodError, or Error, for an alarm of another kind than those that the stack has
 */
export function readAlarm(properties: unknown): Alarm {
  const read = commonSchema.parse(properties);
  return {
    name: read.AlarmName,
    comparison: read.ComparisonOperator,
    datapointsToAlarm: read.DatapointsToAlarm ?? read.EvaluationPeriods,
    evaluationPeriods: read.EvaluationPeriods,
    threshold: read.Threshold,
    missing: read.TreatMissingData,
    ...readInputs(properties),
  };
}

function readInputs(properties: unknown): Pick<Alarm, 'inputs' | 'expression' | 'periodMs'> {
  const { success, data } = oneMetricSchema.safeParse(properties);
  if (success) {
    const input = { id: 'm', metric: readMetricReference(data), statistic: data.Statistic };
    return { inputs: [input], expression: 'm', periodMs: data.Period * 1000 };
  }
  const { Metrics } = expressionSchema.parse(properties);
  const stats = Metrics.flatMap((query) =>
    'MetricStat' in query ? [{ id: query.Id, ...query.MetricStat }] : [],
  );
  const [expression, ...others] = Metrics.flatMap((query) =>
    'Expression' in query ? [query.Expression] : [],
  );
  const [period, ...periods] = new Set(stats.map(({ Period }) => Period));
  if (expression === undefined || others.length > 0) throw new Error('not an alarm of one expression');
  if (period === undefined || periods.length > 0) throw new Error('not an alarm of one period');
  const inputs = stats.map(({ id, Metric, Stat }) => ({
    id,
    metric: readMetricReference(Metric),
    statistic: Stat,
  }));
  return { inputs, expression, periodMs: period * 1000 };
}

/**
 * Computes the state of an alarm from the periods that it evaluates; the last one ends at `at`, epoch ms.
 * CloudWatch looks further back if some periods have no data; this function does not.
 *
 * @param before the current state: it stays if the alarm ignores missing data and the other periods do not
 *   decide
 */
export function evaluateAlarm(
  alarm: Alarm,
  datapoints: readonly Datapoint[],
  at: number,
  before: AlarmState = 'OK',
): AlarmState {
  const periods = Array.from({ length: alarm.evaluationPeriods }, (_, i) =>
    computeValue(alarm, datapoints, at - (i + 1) * alarm.periodMs),
  );
  const breaches = periods.map((value) =>
    value === undefined
      ? { breaching: true, notBreaching: false, ignore: undefined, missing: undefined }[alarm.missing]
      : COMPARISONS[alarm.comparison](value, alarm.threshold),
  );
  const breaching = breaches.filter((breach) => breach === true).length;
  const unknown = breaches.filter((breach) => breach === undefined).length;
  if (breaching >= alarm.datapointsToAlarm) return 'ALARM';
  if (alarm.missing === 'ignore' && breaching + unknown >= alarm.datapointsToAlarm) return before;
  return unknown === periods.length ? 'INSUFFICIENT_DATA' : 'OK';
}

function computeValue(
  { inputs, expression, periodMs }: Alarm,
  datapoints: readonly Datapoint[],
  from: number,
): Value {
  const inPeriod = datapoints.filter(({ at }) => at >= from && at < from + periodMs);
  const values = inputs.map(({ id, metric, statistic }): [string, Value] => {
    const points = inPeriod.filter((point) => isOfMetric(point, metric)).map(({ value }) => value);
    return [id, computeStatistic(statistic, points)];
  });
  return computeExpression(expression, Object.fromEntries(values));
}

/**
 * Copies the datapoints that an alarm watches into each period that it evaluates, as if they went on. A test
 * then need not wait for 15 minutes.
 *
 * @param at the end of the last period, epoch ms
 */
export function repeatInEachPeriod(alarm: Alarm, datapoints: readonly Datapoint[], at: number): Datapoint[] {
  const watched = datapoints.filter((point) => alarm.inputs.some(({ metric }) => isOfMetric(point, metric)));
  const middles = Array.from({ length: alarm.evaluationPeriods }, (_, i) => at - (i + 0.5) * alarm.periodMs);
  return middles.flatMap((middle) => watched.map((point) => ({ ...point, at: middle })));
}
