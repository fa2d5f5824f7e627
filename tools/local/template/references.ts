/** Defines the local values of `Ref` and `Fn::GetAtt` for each resource type. */
import { makeArn, ACCOUNT_ID, PARTITION } from '../cloud.ts';
import { UnsupportedTemplateError } from '../template-errors.ts';
import { type References, resolve } from './intrinsics.ts';
import type { Resource, Template } from './template.ts';

/** Values that are known only while the stack runs. */
export interface RuntimeValues {
  /** Base URL of the gateway, without a trailing slash. */
  readonly apiUrl: string;
  /** Returns the URL of a queue by its logical id; undefined while the queue does not exist. */
  findQueueUrl(logicalId: string): string | undefined;
}

/**
 * Returns the physical name of a resource: from the template, else made of its stack's name and the logical
 * id. It is the same at every start, so that a restarted stack finds its data on an external emulator.
 * @throws UnsupportedTemplateError for a name that is computed from other resources
 */
export function getPhysicalName(resource: Resource, property: string): string {
  const given = resource.properties[property] ?? `${resource.stackName}-${resource.logicalId}`;
  const name = resolve(given, makeNoReferences(resource.stackName));
  if (typeof name === 'string') return name;
  throw new UnsupportedTemplateError(
    `${resource.type} ${resource.logicalId}: a computed ${property} is not supported locally`,
  );
}

/** The references of a physical name: those to other resources would need names themselves. */
function makeNoReferences(stackName: string): References {
  const refuse = (logicalId: string): never => {
    throw new UnsupportedTemplateError(`a name that is computed from ${logicalId} is not supported locally`);
  };
  return { stackName, getRef: refuse, getAttribute: refuse };
}

const NOTHING_RUNS: RuntimeValues = { apiUrl: 'http://127.0.0.1', findQueueUrl: () => undefined };

/** Makes the references of a template. */
export function makeReferences(template: Template, runtime: RuntimeValues = NOTHING_RUNS): References {
  const lookUp = (logicalId: string, attribute: string | undefined): string => {
    const wanted = attribute === undefined ? `Ref ${logicalId}` : `Fn::GetAtt ${logicalId}.${attribute}`;
    const resource = template.resources.get(logicalId);
    if (resource === undefined) throw new UnsupportedTemplateError(`${wanted}: there is no such resource`);
    const value = findValue(resource, attribute, runtime);
    if (value !== undefined) return value;
    throw new UnsupportedTemplateError(`${wanted} (${resource.type}) has no value on this machine`);
  };
  return {
    stackName: template.stackName,
    getRef: (logicalId) => lookUp(logicalId, undefined),
    getAttribute: lookUp,
  };
}

/** @param attribute undefined for `Ref` */
function findValue(
  resource: Resource,
  attribute: string | undefined,
  runtime: RuntimeValues,
): string | undefined {
  const { logicalId } = resource;
  const getName = (property: string) => getPhysicalName(resource, property);
  switch (`${resource.type} ${attribute ?? 'Ref'}`) {
    case 'AWS::DynamoDB::GlobalTable Ref':
      return getName('TableName');
    case 'AWS::DynamoDB::GlobalTable Arn':
      return makeArn('dynamodb', `table/${getName('TableName')}`);
    case 'AWS::SQS::Queue Ref':
    case 'AWS::SQS::Queue QueueUrl':
      return runtime.findQueueUrl(logicalId);
    case 'AWS::SQS::Queue QueueName':
      return getName('QueueName');
    case 'AWS::SQS::Queue Arn':
      return makeArn('sqs', getName('QueueName'));
    case 'AWS::Lambda::Function Ref':
      return getName('FunctionName');
    case 'AWS::Lambda::Function Arn':
      return makeArn('lambda', `function:${getName('FunctionName')}`);
    case 'AWS::ApiGatewayV2::Api ApiEndpoint':
      return runtime.apiUrl;
    case 'AWS::ApiGatewayV2::DomainName Ref':
      return String(resource.properties['DomainName']);
    case 'AWS::ApiGatewayV2::DomainName RegionalDomainName':
      return new URL(runtime.apiUrl).hostname;
    case 'AWS::ApiGatewayV2::Api Ref':
    case 'AWS::ApiGatewayV2::DomainName RegionalHostedZoneId':
    case 'AWS::ApiGatewayV2::Integration Ref':
    case 'AWS::ApiGatewayV2::Route Ref':
      return logicalId;
    case 'AWS::ApiGatewayV2::Stage Ref':
      return String(resource.properties['StageName']);
    case 'AWS::CloudWatch::Dashboard Ref':
      return getName('DashboardName');
    case 'AWS::Logs::LogGroup Ref':
      return getName('LogGroupName');
    case 'AWS::Logs::LogGroup Arn':
      return makeArn('logs', `log-group:${getName('LogGroupName')}:*`);
    case 'AWS::IAM::Role Ref':
      return getName('RoleName');
    case 'AWS::IAM::Role Arn':
      return `arn:${PARTITION}:iam::${ACCOUNT_ID}:role/${getName('RoleName')}`;
    case 'AWS::SNS::Topic Ref':
    case 'AWS::SNS::Topic TopicArn':
      return makeArn('sns', getName('TopicName'));
    default:
      return undefined;
  }
}
