/**
 * Lists the metrics of AWS's own services that the stack uses: names, units and sets of dimensions.
 *
 * Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
 * "Types of metrics for Lambda functions", "Available CloudWatch metrics for Amazon SQS"
 */
import type { Datapoint } from './datapoint.ts';
import type { MetricReference } from './metric-reference.ts';

interface Documented {
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds' | 'Bytes';
  /** The sets of dimensions under which the metric is published. */
  readonly by: readonly (readonly string[])[];
}

const documentMetric = (unit: Documented['unit'], ...by: string[][]): Documented => ({ unit, by });

export const DOCUMENTED_METRICS: Readonly<Record<string, Readonly<Record<string, Documented>>>> = {
  'AWS/ApiGateway': {
    '4xx': documentMetric('Count', ['ApiId']),
    '5xx': documentMetric('Count', ['ApiId']),
    Count: documentMetric('Count', ['ApiId']),
    IntegrationLatency: documentMetric('Milliseconds', ['ApiId']),
    Latency: documentMetric('Milliseconds', ['ApiId']),
  },
  'AWS/Lambda': {
    // Of all functions of the account in the region.
    ClaimedAccountConcurrency: documentMetric('Count', []),
    ConcurrentExecutions: documentMetric('Count', ['FunctionName']),
    Duration: documentMetric('Milliseconds', ['FunctionName']),
    Errors: documentMetric('Count', ['FunctionName']),
    Invocations: documentMetric('Count', ['FunctionName']),
    Throttles: documentMetric('Count', ['FunctionName']),
  },
  'AWS/SQS': {
    ApproximateAgeOfOldestMessage: documentMetric('Seconds', ['QueueName']),
    ApproximateNumberOfMessagesNotVisible: documentMetric('Count', ['QueueName']),
    ApproximateNumberOfMessagesVisible: documentMetric('Count', ['QueueName']),
    NumberOfEmptyReceives: documentMetric('Count', ['QueueName']),
    NumberOfMessagesDeleted: documentMetric('Count', ['QueueName']),
    NumberOfMessagesReceived: documentMetric('Count', ['QueueName']),
    NumberOfMessagesSent: documentMetric('Count', ['QueueName']),
  },
  'AWS/DynamoDB': {
    ConditionalCheckFailedRequests: documentMetric('Count', ['TableName']),
    ConsumedReadCapacityUnits: documentMetric(
      'Count',
      ['TableName'],
      ['GlobalSecondaryIndexName', 'TableName'],
    ),
    ConsumedWriteCapacityUnits: documentMetric(
      'Count',
      ['TableName'],
      ['GlobalSecondaryIndexName', 'TableName'],
    ),
    ReadThrottleEvents: documentMetric('Count', ['TableName'], ['GlobalSecondaryIndexName', 'TableName']),
    SuccessfulRequestLatency: documentMetric('Milliseconds', ['Operation', 'TableName']),
    WriteThrottleEvents: documentMetric('Count', ['TableName'], ['GlobalSecondaryIndexName', 'TableName']),
  },
  'AWS/Logs': { IncomingBytes: documentMetric('Bytes', ['LogGroupName']) },
};

/** Receives a published datapoint. */
export type Publish = (datapoint: Datapoint) => void;

/**
 * Makes a datapoint of one of these metrics, with the current time.
 *
 * @throws Error for a metric, or a set of dimensions, that is not in the table
 */
export function makeAwsDatapoint(
  namespace: string,
  name: string,
  dimensions: MetricReference['dimensions'],
  value: number,
): Datapoint {
  const documented = DOCUMENTED_METRICS[namespace]?.[name];
  const set = Object.keys(dimensions).sort().join();
  if (documented?.by.some((names) => names.join() === set) !== true) {
    throw new Error(`AWS documents no ${namespace} ${name} by ${set}`);
  }
  return { namespace, name, dimensions, unit: documented.unit, value, at: Date.now() };
}
