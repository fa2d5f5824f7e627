/**
 * Decides calls by policies, as IAM does within one account.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import type { CallContext } from './conditions.ts';
import { EVERYBODY, type Grant, type Statement } from './policy-document.ts';

export interface Call {
  /** The calling service; undefined when a role calls. */
  readonly service?: string | undefined;
  /** `service:Operation` */
  readonly action: string;
  /** An ARN, or `*` for an action that has no resource. */
  readonly resource: string;
  readonly context: CallContext;
}

export interface Decision {
  readonly allowed: boolean;
  /** All grants that deny the call, else all that allow it; empty when none matches. */
  readonly by: readonly Grant[];
}

/**
 * A matching Deny forbids the call; otherwise it needs a matching Allow.
 * @param statements all statements of the caller's role and of resources
 */
export function evaluate(statements: readonly Statement[], call: Call): Decision {
  const denied = findGrants(statements, 'Deny', call);
  if (denied.length > 0) return { allowed: false, by: denied };
  const allowed = findGrants(statements, 'Allow', call);
  return { allowed: allowed.length > 0, by: allowed };
}

function findGrants(
  statements: readonly Statement[],
  effect: Statement['effect'],
  { service, action, resource, context }: Call,
): Grant[] {
  return statements
    .filter((each) => each.effect === effect)
    .filter(({ principals }) => principals?.some((who) => who === EVERYBODY || who === service) ?? true)
    .filter(({ conditions }) => conditions.every((isMet) => isMet(context)))
    .flatMap(({ rules }) => rules)
    .filter(({ matchesAction, matchesResource }) => matchesAction(action) && matchesResource(resource))
    .map(({ grant }) => grant);
}
