/** Decides calls by the policies of the template, and counts used grants and denied calls. */
import { ACCOUNT_ID, PARTITION } from '../cloud.ts';
import type { CallContext } from './conditions.ts';
import type { Grant, Statement } from './policy-document.ts';
import { type Decision, evaluate } from './evaluate.ts';
import type { Role } from './roles.ts';

/** The caller: a session of a role, or an AWS service. */
export interface Caller {
  /** A short name for logs and reports. */
  readonly name: string;
  /** The ARN in AWS's error messages. */
  readonly arn: string;
  /** The service; undefined for a session of a role. */
  readonly service?: string;
  /** The statements of its role. */
  readonly statements: readonly Statement[];
}

/** A grant of a policy, and how many calls it allowed. */
export interface UsedGrant extends Grant {
  /** Names of the functions or schedules that use the role, else the role's logical id; or the service. */
  readonly holder: string;
  readonly uses: number;
}

export interface DeniedCall {
  readonly caller: string;
  readonly action: string;
  readonly resource: string;
}

export interface PermissionsReport {
  readonly grants: readonly UsedGrant[];
  readonly denied: readonly (DeniedCall & { readonly times: number })[];
}

/** All calls count as encrypted with TLS, as they are in AWS. */
const TLS: CallContext = { 'aws:securetransport': 'true' };

export class Permissions {
  readonly #resourceStatements: readonly Statement[];
  readonly #onDenied: (call: DeniedCall) => void;
  /** Names of the callers that use a role. */
  readonly #holders: ReadonlyMap<Role, Set<string>>;
  readonly #decisions = new Map<string, Decision>();
  readonly #uses = new Map<Grant, number>();
  readonly #denials = new Map<string, { readonly call: DeniedCall; times: number }>();

  /**
   * @param roles all roles of the template; the report also contains the grants of unused ones
   * @param resourceStatements the statements of resource policies
   * @param onDenied called for each denied call
   */
  constructor(
    roles: Iterable<Role>,
    resourceStatements: readonly Statement[],
    onDenied: (call: DeniedCall) => void,
  ) {
    this.#holders = new Map([...roles].map((role) => [role, new Set()]));
    this.#resourceStatements = resourceStatements;
    this.#onDenied = onDenied;
  }

  /**
   * Makes the caller for a session of a role.
   * @param name a short name for logs and reports
   * @param session name of the session in AWS; for a function, the function's name
   */
  makeSession(role: Role, name: string, session: string): Caller {
    this.#holders.get(role)?.add(name);
    return {
      name,
      arn: `arn:${PARTITION}:sts::${ACCOUNT_ID}:assumed-role/${role.name}/${session}`,
      statements: role.statements,
    };
  }

  /** Decides a call, and counts it as used or denied. */
  allows(caller: Caller, action: string, resource: string, context: CallContext = {}): boolean {
    const decision = this.#decide(caller, action, resource, context);
    if (decision.allowed) {
      for (const grant of decision.by) this.#uses.set(grant, (this.#uses.get(grant) ?? 0) + 1);
      return true;
    }
    const call = { caller: caller.name, action, resource };
    const key = JSON.stringify(call);
    const denial = this.#denials.get(key) ?? { call, times: 0 };
    denial.times += 1;
    this.#denials.set(key, denial);
    this.#onDenied(call);
    return false;
  }

  /** Returns whether a call would be allowed, without counting it. */
  wouldAllow(caller: Caller, action: string, resource: string): boolean {
    return this.#decide(caller, action, resource, {}).allowed;
  }

  /** Returns the error message for a denied call, in the words of AWS. */
  explainDenial(caller: Caller, { action, resource }: { action: string; resource: string }): string {
    const decision = this.#decide(caller, action, resource, {});
    const why =
      decision.by.length > 0
        ? 'with an explicit deny'
        : `because no identity-based policy allows the ${action} action`;
    return `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
  }

  /** Reports all grants with their uses, and the denied calls. */
  report(): PermissionsReport {
    const ofRoles = [...this.#holders].flatMap(([{ logicalId, statements }, names]) =>
      this.#listGrants(statements, names.size > 0 ? [...names].join(', ') : logicalId),
    );
    const ofResources = this.#resourceStatements.flatMap((statement) =>
      this.#listGrants([statement], statement.principals?.join(', ') ?? ''),
    );
    return {
      grants: [...ofRoles, ...ofResources],
      denied: [...this.#denials.values()].map(({ call, times }) => ({ ...call, times })),
    };
  }

  #listGrants(statements: readonly Statement[], holder: string): UsedGrant[] {
    return statements
      .filter(({ effect }) => effect === 'Allow')
      .flatMap(({ rules }) => rules)
      .map(({ grant }) => ({ holder, ...grant, uses: this.#uses.get(grant) ?? 0 }));
  }

  #decide(caller: Caller, action: string, resource: string, context: CallContext): Decision {
    const key = JSON.stringify([caller.arn, action, resource, context]);
    const known = this.#decisions.get(key);
    if (known !== undefined) return known;
    const { service, statements } = caller;
    const decision = evaluate([...statements, ...this.#resourceStatements], {
      service,
      action,
      resource,
      context: { ...TLS, ...context },
    });
    this.#decisions.set(key, decision);
    return decision;
  }
}
