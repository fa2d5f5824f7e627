/**
 * Reads a synthesized template, whose resource types must all be supported or deliberately ignored (ADR 14).
 */
import { z } from 'zod';
import { UnsupportedTemplateError } from '../template-errors.ts';
import { IGNORED_TYPES } from './ignored-types.ts';
import { type References, resolve } from './intrinsics.ts';

/** The types that the local stack creates or enforces. */
const MADE_TYPES: ReadonlySet<string> = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::ApiMapping',
  'AWS::ApiGatewayV2::DomainName',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::DynamoDB::GlobalTable',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
]);

const resourceShape = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
  Metadata: z.record(z.string(), z.unknown()).default({}),
});

const templateShape = z.object({
  Resources: z.record(z.string(), resourceShape),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
});

export interface Resource {
  /** The stack that it belongs to. */
  readonly stackName: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly stackName: string;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly outputs: ReadonlyMap<string, unknown>;
}

/**
 * Reads a template.
 * @throws UnsupportedTemplateError that names the first resource of a type that is neither supported nor
 *   ignored
 */
export function readTemplate(stackName: string, json: unknown): Template {
  const parsed = templateShape.safeParse(json);
  if (!parsed.success) {
    throw new UnsupportedTemplateError(`not a CloudFormation template: ${z.prettifyError(parsed.error)}`);
  }
  const resources = Object.entries(parsed.data.Resources)
    // CDK puts a condition on this resource, and conditions are not supported; it has no effect.
    .filter(([, resource]) => resource.Type !== 'AWS::CDK::Metadata')
    .map(([logicalId, { Type: type, Properties, Condition, Metadata }]): Resource => {
      if (!MADE_TYPES.has(type) && !IGNORED_TYPES.has(type)) {
        throw new UnsupportedTemplateError(
          `${type} ${logicalId}: the local stack does not know this resource type. ` +
            'Support it in tools/local/template/, or add it to ignored-types.ts with the reason to ignore it.',
        );
      }
      if (Condition !== undefined) {
        throw new UnsupportedTemplateError(`${type} ${logicalId}: conditions are not supported locally`);
      }
      return { stackName, logicalId, type, properties: Properties, metadata: Metadata };
    });
  return {
    stackName,
    resources: new Map(resources.map((resource) => [resource.logicalId, resource])),
    outputs: new Map(Object.entries(parsed.data.Outputs).map(([name, { Value }]) => [name, Value])),
  };
}

/** Returns the resources of one type, in the order of the template. */
export function findResources(template: Template, type: string): Resource[] {
  return [...template.resources.values()].filter((resource) => resource.type === type);
}

/**
 * Resolves and checks the properties of a resource.
 * @param shape the properties that the local stack uses
 * @param withoutEffect properties that it ignores; any other property is an error
 * @throws UnsupportedTemplateError that names the resource and the property
 */
export function readProperties<T extends z.ZodObject>(
  resource: Resource,
  references: References,
  shape: T,
  withoutEffect: readonly string[] = [],
): z.output<T> {
  const makeError = (problem: string) =>
    new UnsupportedTemplateError(`${resource.type} ${resource.logicalId}: ${problem}`);
  const honoured = Object.keys(shape.shape);
  for (const name of Object.keys(resource.properties)) {
    if (!honoured.includes(name) && !withoutEffect.includes(name)) {
      throw makeError(`the property ${name} is not supported locally`);
    }
  }
  const values = honoured
    .filter((name) => name in resource.properties)
    .map((name) => [name, resolve(resource.properties[name], references)]);
  const result = shape.safeParse(Object.fromEntries(values));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw makeError(`not supported locally: ${problems.join('; ')}`);
}

/** Returns the resolved outputs of the stack. */
export function readOutputs(template: Template, references: References): Record<string, string> {
  return Object.fromEntries(
    [...template.outputs].map(([name, value]) => {
      const resolved = resolve(value, references);
      return [name, typeof resolved === 'string' ? resolved : JSON.stringify(resolved)];
    }),
  );
}
