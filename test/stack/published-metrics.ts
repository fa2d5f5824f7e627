/** Checks that a function or an AWS service publishes a metric that the template names. */
import { OPEN_JOBS_INDEX } from '../../src/adapters/dynamodb/open-jobs-index.ts';
import { METRICS, type MetricName, SERVICE } from '../../src/observability/metric-names.ts';
import { DOCUMENTED_METRICS } from '../rigs/cloudwatch/aws-metrics.ts';
import type { MetricReference } from '../rigs/cloudwatch/metric-reference.ts';
import type { ReadableTemplate } from './readable-template.ts';

interface ServiceMetrics {
  /** The dimension that names a resource, and the type of that resource. */
  readonly dimension: string;
  readonly type: string;
  /** Further dimensions, each with its known values. */
  readonly further?: Readonly<Record<string, readonly string[]>>;
}

/** The metrics that AWS's own services publish, by namespace. */
const AWS: Readonly<Record<string, ServiceMetrics>> = {
  'AWS/ApiGateway': { dimension: 'ApiId', type: 'AWS::ApiGatewayV2::Api' },
  'AWS/Lambda': { dimension: 'FunctionName', type: 'AWS::Lambda::Function' },
  'AWS/SQS': { dimension: 'QueueName', type: 'AWS::SQS::Queue' },
  'AWS/DynamoDB': {
    dimension: 'TableName',
    type: 'AWS::DynamoDB::GlobalTable',
    further: {
      Operation: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'],
      GlobalSecondaryIndexName: [OPEN_JOBS_INDEX],
    },
  },
  'AWS/Logs': { dimension: 'LogGroupName', type: 'AWS::Logs::LogGroup' },
};

/** Returns the problem of a reference, or undefined if exactly this metric is published. */
export function findProblem(
  reference: MetricReference,
  template: ReadableTemplate,
  stackName: string,
): string | undefined {
  const { namespace, name, dimensions } = reference;
  const shown = `${namespace} ${name} ${JSON.stringify(dimensions)}`;
  if (namespace === stackName)
    return isOwn(name, dimensions) ? undefined : `${shown}: no function publishes it`;
  const service = AWS[namespace];
  if (service === undefined) return `${shown}: unknown namespace`;
  if (!Object.hasOwn(DOCUMENTED_METRICS[namespace] ?? {}, name)) return `${shown}: unknown metric`;
  // A metric of the whole account names no resource.
  const known = DOCUMENTED_METRICS[namespace]?.[name]?.by ?? [];
  if (Object.keys(dimensions).length === 0 && known.some(({ length }) => length === 0)) return undefined;
  const { [service.dimension]: resource = '', ...further } = dimensions;
  const id = /^\$\{(\w+)(?:\.\w+)?\}$/.exec(resource)?.[1] ?? '';
  if (template.resources[id]?.Type !== service.type) return `${shown}: no ${service.type} of the stack`;
  for (const [dimension, value] of Object.entries(further)) {
    if (service.further?.[dimension]?.includes(value) !== true) return `${shown}: unknown ${dimension}`;
  }
  return undefined;
}

function isOwn(name: string, dimensions: Readonly<Record<string, string>>): boolean {
  if (!isMetricName(name)) return false;
  const { service, ...further } = dimensions;
  const notes = METRICS[name];
  if (service !== SERVICE) return false;
  if (!('by' in notes)) return Object.keys(further).length === 0;
  const { [notes.by.dimension]: value, ...more } = further;
  return Object.keys(more).length === 0 && notes.by.values.some((known) => known === value);
}

function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}
