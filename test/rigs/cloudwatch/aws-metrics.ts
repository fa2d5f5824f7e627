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

const of = (unit: Documented['unit'], ...by: string[][]): Documented => ({ unit, by });

export const DOCUMENTED: Readonly<Record<string, Readonly<Record<string, Documented>>>> = {
  'AWS/ApiGateway': {
    '4xx': of('Count', ['ApiId']),
    '5xx': of('Count', ['ApiId']),
    Count: of('Count', ['ApiId']),
    IntegrationLatency: of('Milliseconds', ['ApiId']),
    Latency: of('Milliseconds', ['ApiId']),
  },
  'AWS/Lambda': {
    ConcurrentExecutions: of('Count', ['FunctionName']),
    Duration: of('Milliseconds', ['FunctionName']),
    Errors: of('Count', ['FunctionName']),
    Invocations: of('Count', ['FunctionName']),
    Throttles: of('Count', ['FunctionName']),
  },
  'AWS/SQS': {
    ApproximateAgeOfOldestMessage: of('Seconds', ['QueueName']),
    ApproximateNumberOfMessagesNotVisible: of('Count', ['QueueName']),
    ApproximateNumberOfMessagesVisible: of('Count', ['QueueName']),
    NumberOfEmptyReceives: of('Count', ['QueueName']),
    NumberOfMessagesDeleted: of('Count', ['QueueName']),
    NumberOfMessagesReceived: of('Count', ['QueueName']),
    NumberOfMessagesSent: of('Count', ['QueueName']),
  },
  'AWS/DynamoDB': {
    ConditionalCheckFailedRequests: of('Count', ['TableName']),
    ConsumedReadCapacityUnits: of('Count', ['TableName'], ['GlobalSecondaryIndexName', 'TableName']),
    ConsumedWriteCapacityUnits: of('Count', ['TableName'], ['GlobalSecondaryIndexName', 'TableName']),
    ReadThrottleEvents: of('Count', ['TableName'], ['GlobalSecondaryIndexName', 'TableName']),
    SuccessfulRequestLatency: of('Milliseconds', ['Operation', 'TableName']),
    WriteThrottleEvents: of('Count', ['TableName'], ['GlobalSecondaryIndexName', 'TableName']),
  },
  'AWS/Logs': { IncomingBytes: of('Bytes', ['LogGroupName']) },
};

/** Receives a published datapoint. */
export type Publish = (datapoint: Datapoint) => void;

/**
 * Makes a datapoint of one of these metrics, with the current time.
 *
 * @throws Error for a metric, or a set of dimensions, that is not in the table
 */
export function awsDatapoint(
  namespace: string,
  name: string,
  dimensions: MetricReference['dimensions'],
  value: number,
): Datapoint {
  const documented = DOCUMENTED[namespace]?.[name];
  const set = Object.keys(dimensions).sort().join();
  if (documented?.by.some((names) => names.join() === set) !== true) {
    throw new Error(`AWS documents no ${namespace} ${name} by ${set}`);
  }
  return { namespace, name, dimensions, unit: documented.unit, value, at: Date.now() };
}
