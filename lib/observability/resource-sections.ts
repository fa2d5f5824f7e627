/** The sections of the dashboard on the functions and the tables. */
import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { OPEN_JOBS_INDEX } from '../../src/adapters/dynamodb/open-jobs-index.ts';
import { FUNCTION_NAMES } from '../functions/make-functions.ts';
import type { Section, WatchedResources } from './watched-resources.ts';

export function makeResourceSections(watched: WatchedResources): Section[] {
  return [makeFunctionsSection(watched), makeTablesSection(watched)];
}

function makeFunctionsSection({ functions }: WatchedResources): Section {
  const makeMetrics = (
    metric: (lambda: NodejsFunction, options: MetricOptions) => Metric,
    statistic: string,
  ) => FUNCTION_NAMES.map((name) => metric(functions[name], { statistic, label: name }));
  return {
    title: 'Functions',
    normal:
      'reconcile runs once a minute, the others as they are called. No errors: an error here is a crash or a timeout, ' +
      'not an answer 5xx. No throttles. Durations far below the timeouts.',
    graphs: [
      {
        title: 'Invocations',
        left: makeMetrics((lambda, options) => lambda.metricInvocations(options), 'Sum'),
      },
      { title: 'Errors', left: makeMetrics((lambda, options) => lambda.metricErrors(options), 'Sum') },
      { title: 'Throttles', left: makeMetrics((lambda, options) => lambda.metricThrottles(options), 'Sum') },
      {
        title: 'Duration p99 (ms)',
        left: makeMetrics((lambda, options) => lambda.metricDuration(options), 'p99'),
      },
      {
        title: 'Concurrency',
        left: [
          ...makeMetrics((lambda, options) => lambda.metric('ConcurrentExecutions', options), 'Maximum'),
          makeAccountConcurrency({ label: 'the account, with what is reserved' }),
        ],
      },
    ],
  };
}

function makeTablesSection(watched: WatchedResources): Section {
  const tables = listNamedTables(watched);
  const { jobs, targetGroups, idempotency } = watched.tables;
  const makeLatency = (table: ITableV2, name: string, operation: string) =>
    table.metricSuccessfulRequestLatency({
      dimensionsMap: { TableName: table.tableName, Operation: operation },
      statistic: 'Average',
      label: `${name} ${operation}`,
    });
  return {
    title: 'Tables',
    normal:
      'calls take single milliseconds. Throttles may come at the first large burst, until DynamoDB has split the table; ' +
      'the functions wait and go on. Refused conditions are how races are decided and marks are found.',
    graphs: [
      {
        title: 'Throttled by the tables',
        left: [
          ...tables.flatMap(([name, table]) => [
            table.metric('WriteThrottleEvents', { statistic: 'Sum', label: `${name} writes` }),
            table.metric('ReadThrottleEvents', { statistic: 'Sum', label: `${name} reads` }),
          ]),
          makeIndexMetric(watched, 'WriteThrottleEvents', { label: `index ${OPEN_JOBS_INDEX} writes` }),
        ],
      },
      {
        title: 'Latency of the tables (ms)',
        left: [
          makeLatency(jobs, 'jobs', 'GetItem'),
          makeLatency(jobs, 'jobs', 'Query'),
          makeLatency(jobs, 'jobs', 'UpdateItem'),
          makeLatency(targetGroups, 'target groups', 'GetItem'),
          makeLatency(targetGroups, 'target groups', 'UpdateItem'),
          makeLatency(idempotency, 'idempotency', 'PutItem'),
        ],
      },
      {
        title: 'Refused conditions',
        left: tables.map(([name, table]) =>
          table.metricConditionalCheckFailedRequests({ statistic: 'Sum', label: name }),
        ),
      },
    ],
  };
}

/** Lists the tables with their names in graphs. */
export function listNamedTables({ tables }: WatchedResources): [string, ITableV2][] {
  return [
    ['target groups', tables.targetGroups],
    ['jobs', tables.jobs],
    ['idempotency', tables.idempotency],
    ['key sets', tables.keySets],
  ];
}

/** Makes a metric of the index of open jobs, whose units are not part of the metric of its table. */
export function makeIndexMetric(
  { tables }: WatchedResources,
  metricName: string,
  options: MetricOptions = {},
): Metric {
  return tables.jobs.metric(metricName, {
    dimensionsMap: { TableName: tables.jobs.tableName, GlobalSecondaryIndexName: OPEN_JOBS_INDEX },
    statistic: 'Sum',
    ...options,
  });
}

/**
 * What is in use or reserved of the account's concurrency, over all functions of the region:
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html
 */
export function makeAccountConcurrency(options: MetricOptions = {}): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName: 'ClaimedAccountConcurrency',
    statistic: 'Maximum',
    period: Duration.minutes(1),
    ...options,
  });
}
