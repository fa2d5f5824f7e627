/**
 * The metrics that AWS's own services publish, as far as the stack uses them: names, units and sets of
 * dimensions.
 *
 * Sources: the services' pages on CloudWatch metrics, and for Lambda "Types of metrics for Lambda functions".
 */
import type { Datapoint } from './datapoint.ts';
import type { MetricReference } from './metric-reference.ts';

interface Documented {
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds' | 'Bytes';
  /** Each a set under which the metric is published. */
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

/** Takes what is published. */
export type Publish = (datapoint: Datapoint) => void;

/**
 * A value of one of these metrics, now.
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
