/** Applies the policies of a template to its functions, schedules, routes and event sources (ADR 18). */
import { ACCOUNT_ID, makeArn } from '../cloud.ts';
import { RefusedTemplateError, UnsupportedTemplateError } from '../template-errors.ts';
import type { Route } from '../template/read-routes.ts';
import type { EventSource } from '../template/read-event-sources.ts';
import type { LambdaFunction } from '../template/read-functions.ts';
import type { References } from '../template/intrinsics.ts';
import type { Runtime } from '../template/read-runtime.ts';
import type { Schedule } from '../template/read-schedules.ts';
import { findResources, type Template } from '../template/template.ts';
import type { CallContext } from './conditions.ts';
import { evaluate } from './evaluate.ts';
import { type Caller, type DeniedCall, Permissions, type PermissionsReport } from './permissions.ts';
import { readResourcePolicies } from './resource-policies.ts';
import { readRoles, type Role } from './roles.ts';

const INVOKE = 'lambda:InvokeFunction';

/** The SQS actions that the function's role must allow, so that Lambda can read the queue for it. */
const POLLING = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'];

const API: Caller = {
  name: 'the API',
  arn: 'apigateway.amazonaws.com',
  service: 'apigateway.amazonaws.com',
  statements: [],
};

export class Access {
  readonly permissions: Permissions;
  readonly #roles: ReadonlyMap<string, Role>;
  readonly #functions: ReadonlyMap<string, LambdaFunction>;
  /** Functions by the access key that they sign their calls with. */
  readonly #callers: ReadonlyMap<string, Caller>;
  readonly #schedules: ReadonlyMap<string, Caller>;
  readonly #apiId: string;

  /**
   * Reads the policies and makes the checks that AWS makes at a deployment.
   * @param onDenied called for each denied call
   * @throws UnsupportedTemplateError for a policy that the local stack cannot evaluate
   * @throws RefusedTemplateError for a role that its function or schedule cannot use
   */
  constructor(
    template: Template,
    references: References,
    runtime: Runtime,
    onDenied: (call: DeniedCall) => void,
  ) {
    this.#roles = readRoles(template, references);
    this.#functions = new Map(runtime.functions.map((lambda) => [lambda.logicalId, lambda]));
    this.#apiId = findResources(template, 'AWS::ApiGatewayV2::Api')[0]?.logicalId ?? '';
    const ofResources = readResourcePolicies(template, references, runtime.functions);
    this.permissions = new Permissions(this.#roles.values(), ofResources, onDenied);
    this.#callers = new Map(
      runtime.functions.map((lambda) => [getAccessKey(lambda), this.#makeFunctionCaller(lambda)]),
    );
    this.#schedules = new Map(
      runtime.schedules.map((each) => [each.logicalId, this.#makeScheduleCaller(each)]),
    );
    for (const source of runtime.eventSources) this.#checkEventSource(source);
  }

  /** Returns the function that signs with this access key. */
  findCaller(accessKey: string): Caller | undefined {
    return this.#callers.get(accessKey);
  }

  /** Whether the API may run the function of a route. */
  mayInvoke(route: Route): boolean {
    const [method = '', path = ''] = route.key.split(' ');
    const context = {
      'aws:sourceaccount': ACCOUNT_ID,
      'aws:sourcearn': makeArn('execute-api', `${this.#apiId}/$default/${method}${path}`),
    };
    // The key `$default` has no method and no path: it takes the place of both in the ARN.
    return this.permissions.allows(API, INVOKE, this.#getFunctionArn(route.functionId), context);
  }

  /** Whether a schedule may run its function. */
  mayRun({ logicalId, functionId }: Schedule): boolean {
    const caller = this.#schedules.get(logicalId);
    return caller !== undefined && this.permissions.allows(caller, INVOKE, this.#getFunctionArn(functionId));
  }

  report(): PermissionsReport {
    return this.permissions.report();
  }

  #getFunctionArn(logicalId: string): string {
    return this.#functions.get(logicalId)?.arn ?? '*';
  }

  #makeFunctionCaller(lambda: LambdaFunction): Caller {
    const user = `AWS::Lambda::Function ${lambda.logicalId}`;
    const role = this.#requireRole(lambda.roleArn, user, 'lambda.amazonaws.com', {});
    return this.permissions.makeSession(role, lambda.displayName, lambda.name);
  }

  #makeScheduleCaller({ logicalId, roleArn }: Schedule): Caller {
    const user = `AWS::Scheduler::Schedule ${logicalId}`;
    const role = this.#requireRole(roleArn, user, 'scheduler.amazonaws.com', {
      'aws:sourceaccount': ACCOUNT_ID,
      'aws:sourcearn': makeArn('scheduler', 'schedule-group/default'),
    });
    return this.permissions.makeSession(role, logicalId, logicalId);
  }

  #requireRole(roleArn: string, user: string, service: string, context: CallContext): Role {
    const role = this.#roles.get(roleArn);
    if (role === undefined) {
      throw new UnsupportedTemplateError(`${user}: ${roleArn} is no role of this template`);
    }
    const call = { service, action: 'sts:AssumeRole', resource: roleArn, context };
    if (!evaluate(role.trust, call).allowed) {
      throw new RefusedTemplateError(`${user}: its role ${role.logicalId} cannot be assumed by ${service}`);
    }
    return role;
  }

  #checkEventSource({ logicalId, functionId, queueArn }: EventSource): void {
    const lambda = this.#functions.get(functionId);
    const caller = lambda && this.findCaller(getAccessKey(lambda));
    for (const action of POLLING) {
      if (caller !== undefined && this.permissions.wouldAllow(caller, `sqs:${action}`, queueArn)) continue;
      throw new RefusedTemplateError(
        `AWS::Lambda::EventSourceMapping ${logicalId}: the role of ${functionId} has no permission to call ${action} on SQS`,
      );
    }
  }
}

/**
 * Returns the access key of a function: its logical id, so that the signature of a call identifies its
 * caller.
 */
export function getAccessKey({ logicalId }: LambdaFunction): string {
  return logicalId;
}
