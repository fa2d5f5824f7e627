/** Decides calls by policies, as IAM does within one account. */
import type { CallContext } from './conditions.ts';
import { EVERYBODY, type Grant, type Statement } from './document.ts';

export interface Call {
  /** The service that calls; undefined when a role does. */
  readonly service?: string | undefined;
  /** `service:Operation` */
  readonly action: string;
  /** An ARN, or `*` for an action that has no resource. */
  readonly resource: string;
  readonly context: CallContext;
}

export interface Decision {
  readonly allowed: boolean;
  /** All that allow it, or all that deny it; empty when it is only allowed nowhere. */
  readonly by: readonly Grant[];
}

/**
 * One Deny forbids the call, else one Allow allows it, else it is forbidden.
 * @param statements all that concern the caller and the resource
 */
export function evaluate(statements: readonly Statement[], call: Call): Decision {
  const denied = matches(statements, 'Deny', call);
  if (denied.length > 0) return { allowed: false, by: denied };
  const allowed = matches(statements, 'Allow', call);
  return { allowed: allowed.length > 0, by: allowed };
}

function matches(
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
