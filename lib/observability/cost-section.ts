/** The section of the dashboard on costs, in the units that AWS bills. */
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { OPEN_JOBS_INDEX } from '../../src/adapters/dynamodb/open-jobs-index.ts';
import { FUNCTION_NAMES } from '../functions/make-functions.ts';
import { listNamedTables, makeIndexMetric } from './resource-sections.ts';
import type { Section, WatchedResources } from './watched-resources.ts';

export function makeCostSection(watched: WatchedResources): Section {
  return {
    title: 'Cost drivers',
    normal:
      'the write units of the target groups are the bill: one a target group, and some 4 % on the jobs table. The rest ' +
      'follows them. Write units far above the target groups updated: work is repeated. Messages are an upper bound of ' +
      'SQS requests, as one request takes up to ten.',
    graphs: [
      { title: 'Lambda GB-seconds', stacked: true, left: makeGigabyteSeconds(watched) },
      {
        title: 'Consumed write units',
        stacked: true,
        left: makeConsumedUnits(watched, 'ConsumedWriteCapacityUnits'),
      },
      {
        title: 'Consumed read units',
        stacked: true,
        left: makeConsumedUnits(watched, 'ConsumedReadCapacityUnits'),
      },
      { title: 'SQS messages', stacked: true, left: makeSqsMessages(watched) },
      { title: 'Log bytes', stacked: true, left: makeLogBytes(watched) },
    ],
  };
}

/** Makes the metrics of what Lambda bills besides the invocations: duration × memory. */
function makeGigabyteSeconds({ functions }: WatchedResources): IMetric[] {
  return FUNCTION_NAMES.map((name) => {
    // Each metric of an expression needs an id that no other expression of the graph uses.
    const duration = `duration_${name.replaceAll('-', '_')}`;
    return new MathExpression({
      expression: `${duration} / 1000 * ${functions[name].memorySize} / 1024`,
      usingMetrics: { [duration]: functions[name].metricDuration({ statistic: 'Sum' }) },
      label: name,
    });
  });
}

function makeConsumedUnits(
  watched: WatchedResources,
  metricName: 'ConsumedWriteCapacityUnits' | 'ConsumedReadCapacityUnits',
): IMetric[] {
  return [
    ...listNamedTables(watched).map(([name, table]) =>
      table.metric(metricName, { statistic: 'Sum', label: name }),
    ),
    makeIndexMetric(watched, metricName, { label: `index ${OPEN_JOBS_INDEX}` }),
  ];
}

function makeSqsMessages({ chunks, giveUps }: WatchedResources): IMetric[] {
  const queues = [
    ['chunks', chunks.queue],
    ['give-ups', giveUps.queue],
  ] as const;
  return queues.flatMap(([name, queue]) => [
    queue.metricNumberOfMessagesSent({ statistic: 'Sum', label: `${name}: sent` }),
    queue.metricNumberOfMessagesReceived({ statistic: 'Sum', label: `${name}: received` }),
    queue.metricNumberOfMessagesDeleted({ statistic: 'Sum', label: `${name}: deleted` }),
    queue.metricNumberOfEmptyReceives({ statistic: 'Sum', label: `${name}: empty receives` }),
  ]);
}

function makeLogBytes({ functions, accessLogs }: WatchedResources): IMetric[] {
  const groups: [string, ILogGroup][] = FUNCTION_NAMES.map((name) => [name, functions[name].logGroup]);
  return [...groups, ['access log', accessLogs] as const].map(([name, logs]) =>
    logs.metricIncomingBytes({
      statistic: 'Sum',
      label: name,
      // Without it, CDK's metric covers the log groups of the whole account.
      dimensionsMap: { LogGroupName: logs.logGroupName },
    }),
  );
}
