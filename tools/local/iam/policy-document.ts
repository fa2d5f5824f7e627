/** Parses policy documents (identity, trust and resource policies) into statements that can be evaluated. */
import { z } from 'zod';
import { UnsupportedTemplateError } from '../template-errors.ts';
import type { Resource } from '../template/template.ts';
import { type Condition, conditionsShape } from './conditions.ts';
import { makeMatcher, makeCaseInsensitiveMatcher, type Matcher } from './glob.ts';

/** One action on one resource of a statement, with their wildcards. */
export interface Grant {
  /** Logical id of the resource that has the policy. */
  readonly source: string;
  readonly action: string;
  readonly resource: string;
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /**
   * Services that it applies to, or everybody; undefined in an identity policy, which applies to its role.
   */
  readonly principals: readonly string[] | undefined;
  readonly rules: readonly Rule[];
  readonly conditions: readonly Condition[];
}

/** A grant with matchers for its action and its resource. */
interface Rule {
  readonly grant: Grant;
  readonly matchesAction: Matcher;
  readonly matchesResource: Matcher;
}

/** The value of `principals` that means everybody. */
export const EVERYBODY = '*';

const text = z.string().refine((value) => !value.includes('${'), 'policy variables are not known');
/** Accepts a list or a single item. A union would do too, but its errors do not say what is wrong. */
const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (Array.isArray(value) ? (value as unknown[]) : [value]), z.array(item));

const texts = listOf(text);
const everybody = z.union([z.literal(EVERYBODY), z.strictObject({ AWS: z.literal(EVERYBODY) })]);
const principals = z.union([
  everybody.transform(() => [EVERYBODY]),
  z.strictObject({ Service: texts }).transform(({ Service }) => Service),
]);

/** Other elements of a statement (NotAction, NotResource, ...) are refused: they would change its meaning. */
const statementFields = {
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: texts,
  Condition: conditionsShape,
};
const identity = z.strictObject({ ...statementFields, Resource: texts });
const trust = z.strictObject({ ...statementFields, Principal: principals });
const onResource = z.strictObject({ ...statementFields, Resource: texts, Principal: principals });

/** The kinds of policies. Their statements name resources, principals, or both. */
const KINDS = { identity, trust, onResource };

/**
 * Reads a policy document whose intrinsic functions are resolved.
 * @param owner the resource of the template that has the policy
 * @throws UnsupportedTemplateError for anything that the local stack cannot evaluate
 */
export function readDocument(kind: keyof typeof KINDS, value: unknown, owner: Resource): Statement[] {
  const statement = KINDS[kind];
  const shape = z.strictObject({
    Version: z.literal('2012-10-17'),
    Statement: listOf(statement),
  });
  const parsed = shape.safeParse(value);
  if (!parsed.success) {
    throw new UnsupportedTemplateError(
      `${owner.type} ${owner.logicalId}: a policy that is not known locally: ${z.prettifyError(parsed.error)}`,
    );
  }
  return parsed.data.Statement.map((each): Statement => {
    // A trust policy applies to its own role and names no resource.
    const resources = 'Resource' in each ? each.Resource : ['*'];
    return {
      effect: each.Effect,
      principals: 'Principal' in each ? each.Principal : undefined,
      rules: each.Action.flatMap((action) =>
        resources.map((resource) => makeRule({ source: owner.logicalId, action, resource })),
      ),
      conditions: each.Condition,
    };
  });
}

/** Adds the matchers to a grant. */
function makeRule(grant: Grant): Rule {
  return {
    grant,
    matchesAction: makeCaseInsensitiveMatcher(grant.action),
    matchesResource: makeMatcher(grant.resource),
  };
}
