/** What the resources of a template say themselves about who may use them: queue policies, function permissions. */
import { z } from 'zod';
import { arn } from '../cloud.ts';
import { UnsupportedTemplateError } from '../errors.ts';
import { functionByArn, type LambdaFunction } from '../template/functions.ts';
import type { References } from '../template/intrinsics.ts';
import { physicalName } from '../template/references.ts';
import { readProperties, resourcesOfType, type Template } from '../template/template.ts';
import { readDocument, type Statement } from './document.ts';

const queuePolicyShape = z.object({ PolicyDocument: z.unknown(), Queues: z.array(z.unknown()) });

const permissionShape = z.object({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceAccount: z.string().optional(),
  SourceArn: z.string().optional(),
});

/**
 * The statements of all queue policies and function permissions.
 * @throws UnsupportedTemplateError for one that is not evaluated here
 */
export function readResourcePolicies(
  template: Template,
  references: References,
  functions: readonly LambdaFunction[],
): Statement[] {
  return [...queuePolicies(template, references), ...functionPermissions(template, references, functions)];
}

function queuePolicies(template: Template, references: References): Statement[] {
  const arns = resourcesOfType(template, 'AWS::SQS::Queue').map((queue) =>
    arn('sqs', physicalName(template, queue, 'QueueName')),
  );
  return resourcesOfType(template, 'AWS::SQS::QueuePolicy').flatMap((resource) => {
    // The queues that it belongs to are those that its statements name: a queue refuses a policy on another
    // one.
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

/** Lambda makes a permission a statement of the function's policy: the source has to be like the ARN given. */
function functionPermissions(
  template: Template,
  references: References,
  functions: readonly LambdaFunction[],
): Statement[] {
  return resourcesOfType(template, 'AWS::Lambda::Permission').flatMap((resource) => {
    const permission = readProperties(resource, references, permissionShape);
    const functionId = functionByArn(functions, permission.FunctionName, resource);
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
