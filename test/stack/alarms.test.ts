/** Tests the alarms: their conditions, that their metrics are published, and that they notify the topic. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type MetricReference, readMetricReference } from '../rigs/cloudwatch/metric-reference.ts';
import { findProblem } from './published-metrics.ts';
import { type ReadableTemplate, synthesizeTemplate } from './readable-template.ts';

const statSchema = z.object({
  MetricStat: z.object({ Metric: z.unknown(), Period: z.number(), Stat: z.string() }),
  ReturnData: z.literal(false),
});
const expressionSchema = z.object({ Expression: z.string(), ReturnData: z.literal(true) });
const querySchema = z.intersection(z.object({ Id: z.string() }), z.union([statSchema, expressionSchema]));
const alarmSchema = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmActions: z.array(z.string()),
  OKActions: z.array(z.string()),
  ComparisonOperator: z.string(),
  Threshold: z.number(),
  DatapointsToAlarm: z.number(),
  EvaluationPeriods: z.number(),
  TreatMissingData: z.string(),
  Metrics: z.array(querySchema).optional(),
  MetricName: z.string().optional(),
  Statistic: z.string().optional(),
  Period: z.number().optional(),
});

interface ReadAlarm extends z.output<typeof alarmSchema> {
  /** The condition of the alarm in one line. */
  readonly line: string;
  readonly references: readonly MetricReference[];
}

const SIGNS: Record<string, string> = { GreaterThanOrEqualToThreshold: '>=', LessThanThreshold: '<' };

/** Reads the alarms of a template, by their names without the name of the stack. */
function readAlarms(template: ReadableTemplate, stackName = 'FieldingJobs'): Record<string, ReadAlarm> {
  return Object.fromEntries(
    Object.values(template.findByType('AWS::CloudWatch::Alarm')).map(({ Properties }) => {
      const alarm = alarmSchema.parse(Properties);
      const queries = alarm.Metrics ?? [];
      const stats = queries.flatMap((query) =>
        'MetricStat' in query ? [{ id: query.Id, ...query.MetricStat }] : [],
      );
      const expression = queries.find((query) => 'Expression' in query)?.Expression;
      const references =
        alarm.MetricName === undefined
          ? stats.map(({ Metric }) => readMetricReference(Metric))
          : [readMetricReference(Properties)];
      const inputs = stats.map(
        ({ id, Metric, Period, Stat }) =>
          `${id} = ${Stat} ${formatReference(readMetricReference(Metric))} / ${Period} s`,
      );
      const watched =
        expression === undefined
          ? `${alarm.Statistic ?? ''} ${references.map(formatReference).join()} / ${alarm.Period ?? 0} s`
          : `${expression} [${inputs.join('; ')}]`;
      const line =
        `${watched} ${SIGNS[alarm.ComparisonOperator] ?? alarm.ComparisonOperator} ${alarm.Threshold}, ` +
        `${alarm.DatapointsToAlarm} of ${alarm.EvaluationPeriods}, missing: ${alarm.TreatMissingData}`;
      expect(alarm.AlarmName.startsWith(`${stackName}-`)).toBe(true);
      return [alarm.AlarmName.slice(stackName.length + 1), { ...alarm, line, references }];
    }),
  );
}

function formatReference({ namespace, name, dimensions }: MetricReference): string {
  const telling = Object.entries(dimensions).filter(([dimension]) => dimension !== 'service');
  return [namespace, name, ...telling.map(([, value]) => value)].join(' ');
}

const FUNCTIONS = ['CreateJob', 'GetJob', 'GetFieldingRuns', 'NotFound', 'Worker', 'Reconcile'];
const LASTING = '2 of 3, missing: notBreaching';

const EXPECTED: Record<string, string> = {
  DeadLetters:
    'Maximum AWS/SQS ApproximateNumberOfMessagesVisible ${QueueDeadLetters.QueueName} / 60 s >= 1, ' +
    '1 of 1, missing: notBreaching',
  GiveUpDeadLetters:
    'Maximum AWS/SQS ApproximateNumberOfMessagesVisible ${GivingUpDeadLetters.QueueName} / 60 s >= 1, ' +
    '1 of 1, missing: notBreaching',
  JobsFailed: 'Sum FieldingJobs JobsFailed / 300 s >= 1, 1 of 1, missing: notBreaching',
  OldestOpenJob: 'Maximum FieldingJobs OldestOpenJobAge / 60 s >= 2100, 3 of 3, missing: ignore',
  ReconcileSilent: 'SampleCount FieldingJobs OpenJobs / 60 s < 1, 5 of 5, missing: breaching',
  JobsNotReconciled: `Sum FieldingJobs JobsNotReconciled / 300 s >= 1, ${LASTING}`,
  MessageAge:
    'Maximum AWS/SQS ApproximateAgeOfOldestMessage ${QueueChunks.QueueName} / 60 s >= 600, ' +
    '5 of 5, missing: notBreaching',
  FanOutsFailed: `Sum FieldingJobs FanOutsFailed / 300 s >= 1, ${LASTING}`,
  StackFull: `Sum FieldingJobs JobsRefused stack / 300 s >= 1, ${LASTING}`,
  AccountFull: `Sum FieldingJobs JobsRefused account / 300 s >= 1, ${LASTING}`,
  AdmissionsUnknown: `Sum FieldingJobs AdmissionsUnknown / 300 s >= 1, ${LASTING}`,
  IdempotencyConflicts: `Sum FieldingJobs IdempotencyConflicts / 300 s >= 10, ${LASTING}`,
  ApiErrors:
    'IF(failures >= 3, 100 * failures / total, 0) [failures = Sum AWS/ApiGateway 5xx ${ApiHttp} / 300 s; ' +
    `total = SampleCount AWS/ApiGateway Count \${ApiHttp} / 300 s] >= 5, ${LASTING}`,
  ApiLatency:
    'IF(requests >= 100, latency, 0) [requests = SampleCount AWS/ApiGateway Count ${ApiHttp} / 300 s; ' +
    `latency = p99 AWS/ApiGateway Latency \${ApiHttp} / 300 s] >= 5000, ${LASTING}`,
  KeySetsNotRenewed: 'Sum FieldingJobs KeySetsNotRenewed / 60 s >= 1, 5 of 5, missing: notBreaching',
  TokensRefused:
    'IF(failures >= 3, 100 * failures / total, 0) [failures = Sum FieldingJobs RequestsUnauthenticated / 300 s; ' +
    `total = SampleCount AWS/ApiGateway Count \${ApiHttp} / 300 s] >= 25, ${LASTING}`,
  RequestsUnavailable:
    'IF(failures >= 3, 100 * failures / total, 0) [failures = Sum FieldingJobs RequestsUnavailable / 300 s; ' +
    `total = SampleCount AWS/ApiGateway Count \${ApiHttp} / 300 s] >= 5, ${LASTING}`,
  ...Object.fromEntries(
    FUNCTIONS.flatMap((name) => [
      [
        `${name}Errors`,
        `IF(failures >= 3, 100 * failures / total, 0) [failures = Sum AWS/Lambda Errors \${Functions${name}} / 300 s; ` +
          `total = Sum AWS/Lambda Invocations \${Functions${name}} / 300 s] >= 5, ${LASTING}`,
      ],
      [`${name}Throttles`, `Sum AWS/Lambda Throttles \${Functions${name}} / 300 s >= 10, ${LASTING}`],
    ]),
  ),
  TargetGroupsThrottled: `Sum AWS/DynamoDB WriteThrottleEvents \${TablesTargetGroups} / 300 s >= 100, ${LASTING}`,
  JobsThrottled: `Sum AWS/DynamoDB WriteThrottleEvents \${TablesJobs} / 300 s >= 100, ${LASTING}`,
  OpenJobsIndexThrottled: `Sum AWS/DynamoDB WriteThrottleEvents open-jobs-by-account \${TablesJobs} / 300 s >= 100, ${LASTING}`,
  IdempotencyThrottled: `Sum AWS/DynamoDB WriteThrottleEvents \${TablesIdempotency} / 300 s >= 100, ${LASTING}`,
  AccountConcurrency:
    'Maximum AWS/Lambda ClaimedAccountConcurrency / 60 s >= 800, 5 of 5, missing: notBreaching',
};

describe('alarms', () => {
  const template = synthesizeTemplate();
  const alarms = readAlarms(template);

  test('are exactly these, with these conditions', () => {
    const lines = Object.entries(alarms).map(([name, { line }]) => [name, line]);
    expect(Object.fromEntries(lines)).toEqual(EXPECTED);
  });

  test.each(Object.entries(alarms))('%s: its metrics are published', (_, { references }) => {
    expect(references.length).toBeGreaterThan(0);
    expect(references.map((reference) => findProblem(reference, template, 'FieldingJobs'))).toEqual(
      references.map(() => undefined),
    );
  });

  test.each(Object.entries(alarms))(
    '%s: notifies the topic when it starts and ends, and links to the runbook',
    (name, alarm) => {
      expect(alarm.AlarmActions).toEqual(['${ObservabilityAlarmTopic}']);
      expect(alarm.OKActions).toEqual(['${ObservabilityAlarmTopic}']);
      expect(alarm.AlarmDescription).toMatch(
        new RegExp(`^[A-Z].*\\. What to do: docs/runbook\\.md#${name.toLowerCase()}$`),
      );
    },
  );

  test('link to a copy of the runbook, if its address is configured', () => {
    const runbookUrl = 'https://wiki.test/fielding?page=runbook';
    for (const [name, { AlarmDescription }] of Object.entries(
      readAlarms(synthesizeTemplate({ runbookUrl })),
    )) {
      expect(AlarmDescription).toMatch(/^[A-Z].*\. What to do: /);
      expect(AlarmDescription.split(' What to do: ')[1]).toBe(`${runbookUrl}#${name.toLowerCase()}`);
    }
  });

  test('only dead letters and failed jobs are reported after a single datapoint', () => {
    const hasty = Object.entries(alarms).filter(([, { DatapointsToAlarm }]) => DatapointsToAlarm === 1);
    expect(hasty.map(([name]) => name)).toEqual(['DeadLetters', 'GiveUpDeadLetters', 'JobsFailed']);
  });
});

test('thresholds follow the configuration', () => {
  const alarms = readAlarms(
    synthesizeTemplate({
      alarmErrorPercent: 20,
      alarmMinimumErrors: 7,
      alarmThrottles: 50,
      alarmTableThrottles: 60,
      accountConcurrency: 305,
      alarmConcurrencyPercent: 50,
      alarmLatencyMs: 900,
      alarmConflicts: 2,
      alarmMessageAgeSeconds: 30,
      alarmOpenJobSeconds: 40,
    }),
  );
  expect(alarms['ApiErrors']).toMatchObject({ Threshold: 20 });
  expect(alarms['ApiErrors']?.line).toMatch(/^IF\(failures >= 7, /);
  expect(alarms['WorkerErrors']).toMatchObject({ Threshold: 20 });
  expect(alarms['WorkerErrors']?.line).toMatch(/^IF\(failures >= 7, /);
  expect(alarms['WorkerThrottles']).toMatchObject({ Threshold: 50 });
  expect(alarms['JobsThrottled']).toMatchObject({ Threshold: 60 });
  expect(alarms['AccountConcurrency']).toMatchObject({ Threshold: 153 });
  expect(alarms['ApiLatency']).toMatchObject({ Threshold: 900 });
  expect(alarms['IdempotencyConflicts']).toMatchObject({ Threshold: 2 });
  expect(alarms['MessageAge']).toMatchObject({ Threshold: 30 });
  expect(alarms['OldestOpenJob']).toMatchObject({ Threshold: 40 });
});

// stalledSeconds is longer than the visibility timeout, so the message of a killed worker returns before.
test('by default the thresholds of the ages follow stalledSeconds and deadlineSeconds', () => {
  const alarms = readAlarms(
    synthesizeTemplate({ stalledSeconds: 900, deadlineSeconds: 1_801, workerRate: 300 }),
  );
  expect(alarms['MessageAge']).toMatchObject({ Threshold: 900 });
  expect(alarms['OldestOpenJob']).toMatchObject({ Threshold: 1_351 });
});

test('names and namespaces follow the name of the stack, so that two stacks do not mix', () => {
  const template = synthesizeTemplate({ stackName: 'Staging' });
  const alarms = readAlarms(template, 'Staging');
  expect(Object.keys(alarms).sort()).toEqual(Object.keys(EXPECTED).sort());
  const problems = Object.values(alarms).flatMap(({ references }) =>
    references.flatMap((reference) => findProblem(reference, template, 'Staging') ?? []),
  );
  expect(problems).toEqual([]);
});
