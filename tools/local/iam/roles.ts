/** Reads the roles of a template: their trust policies and their permissions. */
import { z } from 'zod';
import { UnsupportedTemplateError } from '../template-errors.ts';
import type { References } from '../template/intrinsics.ts';
import { readProperties, type Resource, findResources, type Template } from '../template/template.ts';
import { readDocument, type Statement } from './policy-document.ts';

const roleShape = z.object({
  AssumeRolePolicyDocument: z.unknown(),
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: z.unknown() })).default([]),
});

const ROLE_WITHOUT_EFFECT = [
  'Description',
  'MaxSessionDuration',
  'Path',
  'PermissionsBoundary',
  'RoleName',
  'Tags',
];

const policyShape = z.object({ PolicyDocument: z.unknown(), Roles: z.array(z.string()).default([]) });

const POLICY_WITHOUT_EFFECT = ['Description', 'ManagedPolicyName', 'Path', 'PolicyName'];

export interface Role {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** Statements of its trust policy: the services that may assume it. */
  readonly trust: readonly Statement[];
  readonly statements: readonly Statement[];
}

/**
 * Returns the roles by their ARNs, with the policies that the template attaches to them.
 * @throws UnsupportedTemplateError for a policy that the local stack cannot evaluate, like a managed policy
 *   of AWS
 */
export function readRoles(template: Template, references: References): Map<string, Role> {
  const policies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
    .flatMap((type) => findResources(template, type))
    .map((resource) => readPolicy(resource, references));
  const roles = findResources(template, 'AWS::IAM::Role').map((resource): Role => {
    const properties = readProperties(resource, references, roleShape, ROLE_WITHOUT_EFFECT);
    const name = references.getRef(resource.logicalId);
    return {
      logicalId: resource.logicalId,
      name,
      arn: references.getAttribute(resource.logicalId, 'Arn'),
      trust: readDocument('trust', properties.AssumeRolePolicyDocument, resource),
      statements: [
        ...properties.Policies.flatMap(({ PolicyDocument }) =>
          readDocument('identity', PolicyDocument, resource),
        ),
        ...policies.flatMap(({ roleNames, statements }) => (roleNames.includes(name) ? statements : [])),
      ],
    };
  });
  const names = new Set(roles.map(({ name }) => name));
  for (const { resource, roleNames } of policies) {
    const foreign = roleNames.find((name) => !names.has(name));
    if (foreign === undefined) continue;
    throw new UnsupportedTemplateError(
      `${resource.type} ${resource.logicalId}: ${foreign} is no role of this template`,
    );
  }
  return new Map(roles.map((role) => [role.arn, role]));
}

function readPolicy(resource: Resource, references: References) {
  const { PolicyDocument, Roles } = readProperties(resource, references, policyShape, POLICY_WITHOUT_EFFECT);
  return { resource, roleNames: Roles, statements: readDocument('identity', PolicyDocument, resource) };
}
