/** Tests that the alarm evaluator computes statistics, metric math and states as CloudWatch documents. */
import { describe, expect, test } from '@jest/globals';
import {
  type Alarm,
  type AlarmState,
  repeatInEachPeriod,
  readAlarm,
  evaluateAlarm,
} from '../rigs/cloudwatch/alarm.ts';
import type { Datapoint } from '../rigs/cloudwatch/datapoint.ts';
import { computeExpression } from '../rigs/cloudwatch/metric-math.ts';
import { computeStatistic } from '../rigs/cloudwatch/statistic.ts';

describe('statistics', () => {
  test.each([
    ['Sum', 10],
    ['SampleCount', 4],
    ['Average', 2.5],
    ['Minimum', 1],
    ['Maximum', 4],
    ['p50', 2],
    ['p99', 4],
    ['p99.9', 4],
    ['p0', 1],
    ['p100', 4],
  ])('%s of 4, 1, 3, 2 is %p, and undefined without values', (name, value) => {
    expect(computeStatistic(name, [4, 1, 3, 2])).toBe(value);
    expect(computeStatistic(name, [])).toBeUndefined();
  });

  test('p99 of 100 values is the second highest, and of 101 too', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1);
    expect(computeStatistic('p99', values)).toBe(99);
    expect(computeStatistic('p99', [...values, 101])).toBe(100);
  });

  test('unknown statistics are refused', () => {
    for (const name of ['TM(10%:90%)', 'p', 'pp99', 'sum']) {
      expect(() => computeStatistic(name, [1])).toThrow(/is not known/);
    }
  });
});

describe('metric math', () => {
  const inputs = { a: 6, b: 3, zero: 0, none: undefined };
  test.each([
    ['a', 6],
    ['100 * b / a', 50],
    ['a / b / 2', 1],
    ['a * (b / 2)', 9],
    ['1.5 * b', 4.5],
    ['a >= 6', 1],
    ['b >= a / 1', 0],
    ['IF(a >= 6, b, zero)', 3],
    ['IF(a >= 7, b, zero)', 0],
    ['IF(a >= 7, none, b)', 3],
    ['IF(none >= 7, a, b)', undefined],
    ['a / zero', undefined],
    ['none * 2', undefined],
    ['2 / none', undefined],
  ])('%s = %p', (expression, value) => {
    expect(computeExpression(expression, inputs)).toBe(value);
  });

  test.each(['a +', 'a b', 'c', 'IF(a, b)', 'IF(a, b, b', '(a', 'SUM(a)', 'toString', ''])(
    '%s is refused',
    (expression) => {
      expect(() => computeExpression(expression, inputs)).toThrow();
    },
  );
});

const AT = 1_750_000_200_000;
const dimensions = { service: 'fielding-jobs' };
const makeDatapoint = (name: string, value: number, minutesAgo: number): Datapoint => ({
  namespace: 'Stack',
  name,
  dimensions,
  unit: 'Count',
  value,
  at: AT - minutesAgo * 60_000,
});

const PROPERTIES = {
  AlarmName: 'Stack-A',
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  Threshold: 5,
  EvaluationPeriods: 3,
  DatapointsToAlarm: 2,
  TreatMissingData: 'notBreaching',
  Namespace: 'Stack',
  MetricName: 'M',
  Dimensions: [{ Name: 'service', Value: 'fielding-jobs' }],
  Statistic: 'Sum',
  Period: 60,
};
const makeAlarm = (changes: Partial<Alarm> = {}): Alarm => ({ ...readAlarm(PROPERTIES), ...changes });

describe('an alarm', () => {
  test('is read from its properties', () => {
    expect(makeAlarm()).toEqual({
      name: 'Stack-A',
      comparison: 'GreaterThanOrEqualToThreshold',
      threshold: 5,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      missing: 'notBreaching',
      expression: 'm',
      periodMs: 60_000,
      inputs: [{ id: 'm', metric: { namespace: 'Stack', name: 'M', dimensions }, statistic: 'Sum' }],
    });
  });

  test.each<[string, Datapoint[], AlarmState]>([
    ['nothing', [], 'OK'],
    ['one period that breaches', [makeDatapoint('M', 5, 0.5)], 'OK'],
    ['two', [makeDatapoint('M', 5, 0.5), makeDatapoint('M', 9, 2.5)], 'ALARM'],
    ['two values of one period', [makeDatapoint('M', 5, 0.5), makeDatapoint('M', 9, 0.6)], 'OK'],
    ['a sum that breaches in two', [2.5, 2.6, 1.5, 1.6].map((ago) => makeDatapoint('M', 3, ago)), 'ALARM'],
    ['a period before the window', [makeDatapoint('M', 5, 0.5), makeDatapoint('M', 9, 3.5)], 'OK'],
    [
      'what is just below',
      [makeDatapoint('M', 4.9, 0.5), makeDatapoint('M', 4.9, 1.5), makeDatapoint('M', 4.9, 2.5)],
      'OK',
    ],
    ['another metric', [makeDatapoint('N', 9, 0.5), makeDatapoint('N', 9, 1.5)], 'OK'],
    [
      'the same name with other dimensions',
      [0.5, 1.5].map((ago) => ({
        ...makeDatapoint('M', 9, ago),
        dimensions: { ...dimensions, race: 'claim' },
      })),
      'OK',
    ],
    [
      'the same name in another namespace',
      [0.5, 1.5].map((ago) => ({ ...makeDatapoint('M', 9, ago), namespace: 'Other' })),
      'OK',
    ],
  ])('that needs 2 of 3 periods has the expected state after %s', (_, points, state) => {
    expect(evaluateAlarm(makeAlarm(), points, AT)).toBe(state);
  });

  test.each<[Alarm['comparison'], AlarmState, AlarmState, AlarmState]>([
    ['GreaterThanOrEqualToThreshold', 'OK', 'ALARM', 'ALARM'],
    ['GreaterThanThreshold', 'OK', 'OK', 'ALARM'],
    ['LessThanOrEqualToThreshold', 'ALARM', 'ALARM', 'OK'],
    ['LessThanThreshold', 'ALARM', 'OK', 'OK'],
  ])('with %s has the expected state below, at and above its threshold', (comparison, ...states) => {
    const one = makeAlarm({ comparison, datapointsToAlarm: 1, evaluationPeriods: 1 });
    expect([4, 5, 6].map((value) => evaluateAlarm(one, [makeDatapoint('M', value, 0.5)], AT))).toEqual(
      states,
    );
  });

  test.each<[Alarm['missing'], AlarmState, AlarmState, AlarmState]>([
    ['notBreaching', 'OK', 'OK', 'OK'],
    ['breaching', 'ALARM', 'ALARM', 'OK'],
    ['ignore', 'ALARM', 'ALARM', 'OK'],
    ['missing', 'INSUFFICIENT_DATA', 'OK', 'OK'],
  ])(
    'that treats missing data as %s leaves ALARM as expected: after no, one breaching and two normal periods',
    (missing, ...states) => {
      const given = [
        [],
        [makeDatapoint('M', 9, 1.5)],
        [makeDatapoint('M', 1, 0.5), makeDatapoint('M', 1, 1.5)],
      ];
      expect(given.map((points) => evaluateAlarm(makeAlarm({ missing }), points, AT, 'ALARM'))).toEqual(
        states,
      );
    },
  );

  test('that ignores missing data stays OK', () => {
    expect(evaluateAlarm(makeAlarm({ missing: 'ignore' }), [], AT, 'OK')).toBe('OK');
  });

  test('of an expression computes the expression in each period', () => {
    const makeInput = (Id: string, MetricName: string) => ({
      Id,
      ReturnData: false,
      MetricStat: { Metric: { ...PROPERTIES, MetricName }, Period: 60, Stat: 'Sum' },
    });
    const share = readAlarm({
      ...PROPERTIES,
      MetricName: undefined,
      Threshold: 50,
      Metrics: [
        { Id: 'e', Expression: 'IF(f >= 2, 100 * f / t, 0)' },
        makeInput('f', 'Failures'),
        makeInput('t', 'Total'),
      ],
    });
    const makeBoth = (failures: number, total: number, ago: number) => [
      makeDatapoint('Failures', failures, ago),
      makeDatapoint('Total', total, ago),
    ];
    expect(evaluateAlarm(share, [...makeBoth(2, 4, 0.5), ...makeBoth(3, 4, 1.5)], AT)).toBe('ALARM');
    expect(evaluateAlarm(share, [...makeBoth(2, 5, 0.5), ...makeBoth(3, 4, 1.5)], AT)).toBe('OK');
    expect(evaluateAlarm(share, [...makeBoth(1, 1, 0.5), ...makeBoth(1, 1, 1.5)], AT)).toBe('OK');
    expect(
      evaluateAlarm(share, [makeDatapoint('Failures', 9, 0.5), makeDatapoint('Failures', 9, 1.5)], AT),
    ).toBe('OK');
  });

  test('has its datapoints in every period if they go on', () => {
    const points = repeatInEachPeriod(
      makeAlarm(),
      [makeDatapoint('M', 3, 50), makeDatapoint('M', 2, 90)],
      AT,
    );
    expect(points).toHaveLength(6);
    expect(evaluateAlarm(makeAlarm({ datapointsToAlarm: 3 }), points, AT)).toBe('ALARM');
    expect(evaluateAlarm(makeAlarm({ threshold: 6 }), points, AT)).toBe('OK');
  });
});
