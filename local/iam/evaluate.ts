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

export type Decision =
  | { readonly allowed: true; /** The first that allows it. */ readonly by: Grant }
  | {
      readonly allowed: false;
      /** The statement that forbids it, if it is not just allowed nowhere. */ readonly by?: Grant;
    };

/**
 * One Deny forbids the call, else one Allow allows it, else it is forbidden.
 * @param statements all that concern the caller and the resource
 */
export function evaluate(statements: readonly Statement[], call: Call): Decision {
  const denied = firstMatch(statements, 'Deny', call);
  if (denied !== undefined) return { allowed: false, by: denied };
  const allowed = firstMatch(statements, 'Allow', call);
  return allowed === undefined ? { allowed: false } : { allowed: true, by: allowed };
}

function firstMatch(
  statements: readonly Statement[],
  effect: Statement['effect'],
  { service, action, resource, context }: Call,
): Grant | undefined {
  for (const { effect: found, principals, rules, conditions } of statements) {
    if (found !== effect) continue;
    if (principals !== undefined && !principals.some((who) => who === EVERYBODY || who === service)) continue;
    const rule = rules.find((each) => each.matchesAction(action) && each.matchesResource(resource));
    if (rule !== undefined && conditions.every((isMet) => isMet(context))) return rule.grant;
  }
  return undefined;
}
