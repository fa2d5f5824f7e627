/** Reads the Lambda functions of a template. */
import { z } from 'zod';
import { makeArn } from '../cloud.ts';
import { UnsupportedTemplateError } from '../template-errors.ts';
import type { References } from './intrinsics.ts';
import { getPhysicalName } from './references.ts';
import { readProperties, type Resource, findResources, type Template } from './template.ts';

const functionShape = z.object({
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()) }).optional(),
  Handler: z.string().regex(/^[^.]+\.[^.]+$/, 'a handler of the form file.export'),
  LoggingConfig: z
    .strictObject({ LogFormat: z.literal('Text').optional(), LogGroup: z.string().optional() })
    .default({}),
  MemorySize: z.number().default(128),
  ReservedConcurrentExecutions: z.number().min(1).optional(),
  Role: z.string(),
  Runtime: z.string().regex(/^nodejs/, 'a runtime of Node.js'),
  Timeout: z.number().default(3),
});

const WITHOUT_EFFECT = [
  'Architectures',
  'Description',
  'EphemeralStorage',
  'FunctionName',
  'RecursiveLoop',
  'Tags',
  'TracingConfig',
  'VpcConfig',
];

export interface LambdaFunction {
  readonly logicalId: string;
  /** The physical name. */
  readonly name: string;
  readonly arn: string;
  /** ARN of its execution role. */
  readonly roleArn: string;
  /** A short name: the last own part of the construct path, else the logical id. */
  readonly displayName: string;
  /** Folder of the bundled code. */
  readonly codePath: string;
  /** `file.export` */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  readonly logGroup: string;
  /** The most invocations at a time; undefined when the template sets no limit. */
  readonly reservedConcurrency: number | undefined;
}

/**
 * @param assets folder of a file asset by its object key
 * @throws UnsupportedTemplateError
 */
export function readFunctions(
  template: Template,
  references: References,
  assets: ReadonlyMap<string, string>,
): LambdaFunction[] {
  return findResources(template, 'AWS::Lambda::Function').map((resource) => {
    const properties = readProperties(resource, references, functionShape, WITHOUT_EFFECT);
    const name = getPhysicalName(resource, 'FunctionName');
    const codePath = assets.get(properties.Code.S3Key);
    if (codePath === undefined) {
      throw new UnsupportedTemplateError(
        `${resource.type} ${resource.logicalId}: its code ${properties.Code.S3Key} is no asset of the assembly`,
      );
    }
    return {
      logicalId: resource.logicalId,
      name,
      arn: makeArn('lambda', `function:${name}`),
      roleArn: properties.Role,
      displayName: deriveDisplayName(resource),
      codePath,
      handler: properties.Handler,
      environment: properties.Environment?.Variables ?? {},
      memoryMegabytes: properties.MemorySize,
      timeoutSeconds: properties.Timeout,
      logGroup: properties.LoggingConfig.LogGroup ?? `/aws/lambda/${name}`,
      reservedConcurrency: properties.ReservedConcurrentExecutions,
    };
  });
}

/** `FieldingJobs/Functions/CreateJob/Resource` → `CreateJob` */
function deriveDisplayName(resource: Resource): string {
  const path = resource.metadata['aws:cdk:path'];
  if (typeof path !== 'string') return resource.logicalId;
  return (
    path
      .split('/')
      .filter((part) => part !== 'Resource')
      .at(-1) ?? resource.logicalId
  );
}

/**
 * Returns the logical id of the function with this ARN or name.
 * @throws UnsupportedTemplateError when there is none
 */
export function findFunctionByArn(
  functions: readonly LambdaFunction[],
  functionArn: string,
  user: Resource,
): string {
  const found = functions.find(({ arn: candidate, name }) => [candidate, name].includes(functionArn));
  if (found !== undefined) return found.logicalId;
  throw new UnsupportedTemplateError(
    `${user.type} ${user.logicalId}: ${functionArn} is no function of this template`,
  );
}
