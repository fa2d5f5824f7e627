/** Reads the resource policies of a template: queue policies and function permissions. */
import { z } from 'zod';
import { makeArn } from '../cloud.ts';
import { UnsupportedTemplateError } from '../template-errors.ts';
import { findFunctionByArn, type LambdaFunction } from '../template/read-functions.ts';
import type { References } from '../template/intrinsics.ts';
import { getPhysicalName } from '../template/references.ts';
import { readProperties, findResources, type Template } from '../template/template.ts';
import { readDocument, type Statement } from './policy-document.ts';

const queuePolicyShape = z.object({ PolicyDocument: z.unknown(), Queues: z.array(z.unknown()) });

const permissionShape = z.object({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceAccount: z.string().optional(),
  SourceArn: z.string().optional(),
});

/**
 * Returns the statements of all queue policies and function permissions.
 * @throws UnsupportedTemplateError for one that the local stack cannot evaluate
 */
export function readResourcePolicies(
  template: Template,
  references: References,
  functions: readonly LambdaFunction[],
): Statement[] {
  return [
    ...readQueuePolicies(template, references),
    ...readFunctionPermissions(template, references, functions),
  ];
}

function readQueuePolicies(template: Template, references: References): Statement[] {
  const arns = findResources(template, 'AWS::SQS::Queue').map((queue) =>
    makeArn('sqs', getPhysicalName(queue, 'QueueName')),
  );
  return findResources(template, 'AWS::SQS::QueuePolicy').flatMap((resource) => {
    // The property Queues is not used: SQS only accepts a policy whose statements name the queue itself.
    const { PolicyDocument } = readProperties(resource, references, queuePolicyShape);
    const statements = readDocument('onResource', PolicyDocument, resource);
    for (const { grant } of statements.flatMap(({ rules }) => rules)) {
      if (arns.includes(grant.resource)) continue;
      throw new UnsupportedTemplateError(
        `${resource.type} ${resource.logicalId}: ${grant.resource} is no queue of this template`,
      );
    }
    return statements;
  });
}

/**
 * Turns each permission into a statement of the function's policy, as Lambda does. SourceArn may have
 * wildcards.
 */
function readFunctionPermissions(
  template: Template,
  references: References,
  functions: readonly LambdaFunction[],
): Statement[] {
  return findResources(template, 'AWS::Lambda::Permission').flatMap((resource) => {
    const permission = readProperties(resource, references, permissionShape);
    const functionId = findFunctionByArn(functions, permission.FunctionName, resource);
    const { SourceAccount, SourceArn } = permission;
    const document = {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: permission.Action,
        Principal: permission.Principal === '*' ? '*' : { Service: permission.Principal },
        Resource: functions.find(({ logicalId }) => logicalId === functionId)?.arn,
        Condition: {
          ...(SourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
          ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': SourceArn } }),
        },
      },
    };
    return readDocument('onResource', document, resource);
  });
}
