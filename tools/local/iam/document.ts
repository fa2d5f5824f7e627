/** Policy documents: identity policies, trust policies and resource policies, ready to be evaluated. */
import { z } from 'zod';
import { UnsupportedTemplateError } from '../errors.ts';
import type { Resource } from '../template/template.ts';
import { type Condition, conditionsShape } from './conditions.ts';
import { glob, globOfAnyCase, type Matcher } from './glob.ts';

/** One action on one resource of a statement, as they stand there: wildcards included. */
export interface Grant {
  /** Logical id of the resource whose policy says so. */
  readonly source: string;
  readonly action: string;
  readonly resource: string;
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** Services that it is about, or everybody; undefined in a policy of a role, which is about its holder. */
  readonly principals: readonly string[] | undefined;
  readonly rules: readonly Rule[];
  readonly conditions: readonly Condition[];
}

/** One action on one resource, ready to be compared. */
export interface Rule {
  readonly grant: Grant;
  readonly matchesAction: Matcher;
  readonly matchesResource: Matcher;
}

/** Of everybody, in `principals`. */
export const EVERYBODY = '*';

const text = z.string().refine((value) => !value.includes('${'), 'policy variables are not known');
/** Where a list may stand, one alone may stand as well. Not as a union, whose errors do not say what is wrong. */
const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (Array.isArray(value) ? (value as unknown[]) : [value]), z.array(item));

const texts = listOf(text);
const everybody = z.union([z.literal(EVERYBODY), z.strictObject({ AWS: z.literal(EVERYBODY) })]);
const principals = z.union([
  everybody.transform(() => [EVERYBODY]),
  z.strictObject({ Service: texts }).transform(({ Service }) => Service),
]);

/** Strict: whatever else a statement may hold (NotAction, NotResource, ...) would change what it means. */
const statementFields = {
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: texts,
  Condition: conditionsShape,
};
const identity = z.strictObject({ ...statementFields, Resource: texts });
const trust = z.strictObject({ ...statementFields, Principal: principals });
const onResource = z.strictObject({ ...statementFields, Resource: texts, Principal: principals });

/** The kinds of policies by who is named in them: nobody, only principals, or both. */
const KINDS = { identity, trust, onResource };

/**
 * Reads a policy document whose intrinsics are resolved.
 * @param owner the resource of the template that holds it
 * @throws UnsupportedTemplateError for anything that is not evaluated here
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
    // A trust policy is about the role that holds it and names no resource.
    const resources = 'Resource' in each ? each.Resource : ['*'];
    return {
      effect: each.Effect,
      principals: 'Principal' in each ? each.Principal : undefined,
      rules: each.Action.flatMap((action) =>
        resources.map((resource) => ruleOf({ source: owner.logicalId, action, resource })),
      ),
      conditions: each.Condition,
    };
  });
}

/** Makes a grant comparable. */
export function ruleOf(grant: Grant): Rule {
  return {
    grant,
    matchesAction: globOfAnyCase(grant.action),
    matchesResource: glob(grant.resource),
  };
}
