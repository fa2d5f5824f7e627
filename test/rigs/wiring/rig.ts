/**
 * Starts the local stack in a configuration of its own. Each call of its functions is recorded and can be
 * intercepted.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { makeEmulatorConfig } from '../../../tools/kit/emulator.ts';
import { ALL_SCOPES } from '../../../tools/local/issuer.ts';
import type { LocalStack } from '../../../tools/local/local-stack.ts';
import type { LambdaFunction } from '../../../tools/local/template/read-functions.ts';
import { makeCollectionPath } from '../../../api/paths.ts';
import type { Action } from '../../../src/domain/actions.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { anId } from '../../support/builders.ts';
import { makeGoodClaims } from '../../support/forge-token.ts';
import { runScheduleByHand, startInterceptedStack } from '../../support/intercepted-stack.ts';
import type { StackInfo } from '../../support/start-stack.ts';
import { TestIssuer } from '../../support/test-issuer.ts';
import { CallInterceptor } from '../cloudwatch/call-interceptor.ts';
import { Recording } from './recording.ts';
import { ACCOUNTS_CLAIM, SCOPES_CLAIM, SETTINGS } from './settings.ts';

/** A little longer than the calls that come together may be apart. */
const GATHERING_MS = 100;

interface PostOptions {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class WiringRig {
  readonly recording = new Recording();
  readonly dynamoDB = new CallInterceptor();
  readonly sqs = new CallInterceptor();
  /** The lines that the functions wrote so far. */
  readonly lines: string[] = [];
  /** When it began to start, epoch ms. */
  readonly startedAt = Date.now();
  readonly #lambdas = new Map<string, LambdaFunction>();
  readonly #resources = new AsyncDisposableStack();
  #issuer: TestIssuer | undefined;
  #started: { stack: LocalStack; token: string; sqsClient: SQSClient; behind: StackInfo } | undefined;

  static async start(): Promise<WiringRig> {
    const rig = new WiringRig();
    try {
      await rig.#start();
      return rig;
    } catch (error) {
      await rig.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const issuer = await TestIssuer.start();
    this.#issuer = issuer;
    this.#resources.defer(() => issuer.stop());
    await issuer.addKey('k1');
    const stackName = `Wiring${process.pid}`;
    const { emulators, stack } = await startInterceptedStack(this.#resources, {
      context: { ...SETTINGS, stackName, jwksUrl: issuer.url },
      changeTemplate: runScheduleByHand,
      aroundDynamoDB: this.recording.around(this.dynamoDB.around),
      aroundSqs: this.recording.around(this.sqs.around),
      log: (entry) => {
        if (entry.kind === 'function') this.lines.push(entry.text);
      },
      watch: (lambda) => {
        this.#lambdas.set(lambda.displayName, lambda);
        return { onThrottled: () => undefined, begin: () => () => undefined };
      },
    });
    const sqsClient = new SQSClient(makeEmulatorConfig(emulators.sqs));
    this.#resources.defer(() => {
      sqsClient.destroy();
    });
    const token = await this.signToken(ALL_SCOPES);
    this.#started = { stack, token, sqsClient, behind: { ...stack, endpoints: emulators } };
  }

  async stop(): Promise<void> {
    await this.#resources.disposeAsync();
  }

  get #running() {
    if (this.#started === undefined) throw new Error('the rig has not started');
    return this.#started;
  }

  get stack(): LocalStack {
    return this.#running.stack;
  }

  /** The stack with direct access to the emulators: these calls are neither recorded nor intercepted. */
  get unobserved(): StackInfo {
    return this.#running.behind;
  }

  /** A client of the queues' emulator, whose calls are neither recorded nor intercepted. */
  get queues(): SQSClient {
    return this.#running.sqsClient;
  }

  /** Finds a function of the template by its name in the local stack. @throws Error if there is none */
  findFunction(name: string): LambdaFunction {
    const lambda = this.#lambdas.get(name);
    if (lambda === undefined) throw new Error(`there is no function ${name}`);
    return lambda;
  }

  /** Signs a token for account 101. `claims` adds claims or replaces them. */
  signToken(scopes: string, claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { issuer: iss, audience: aud } = SETTINGS;
    const named = { [ACCOUNTS_CLAIM]: [101], [SCOPES_CLAIM]: scopes };
    const defaults = { account_ids: undefined, scope: undefined };
    const payload = makeGoodClaims({ iss, aud, ...defaults, ...named, ...claims });
    if (this.#issuer === undefined) throw new Error('the rig has not started');
    return this.#issuer.sign('k1', payload);
  }

  /** @param token by default one that may do everything on account 101 */
  sendGet(path: string, token = this.#running.token): Promise<Response> {
    return fetch(this.stack.url + path, { headers: { authorization: `Bearer ${token}` } });
  }

  sendPost(
    path: string,
    ids: readonly string[],
    { token = this.#running.token, headers = {} }: PostOptions = {},
  ): Promise<Response> {
    return fetch(this.stack.url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': anId('K'),
        ...headers,
      },
      body: JSON.stringify({ target_group_ids: ids }),
    });
  }

  /** Creates a job; its id. */
  async createJob(
    tenant: Tenant,
    ids: readonly string[],
    { action = 'resume', ...options }: PostOptions & { readonly action?: Action } = {},
  ): Promise<string> {
    const answer = await this.sendPost(makeCollectionPath(tenant, action), ids, options);
    const jobId = answer.headers.get('location')?.split('/').at(-1);
    if (answer.status !== 201 || jobId === undefined) {
      throw new Error(`no job was created: ${answer.status} ${await answer.text()}`);
    }
    return jobId;
  }

  /**
   * Holds the calls of an operation until so many are under way at once, and a little longer: more may come.
   *
   * @returns the most that were under way so far
   */
  holdCalls(operation: string, parts: readonly string[], awaited: number): { readonly most: number } {
    const complete = Promise.withResolvers<undefined>();
    const seen = { underWay: 0, most: 0 };
    this.dynamoDB.interceptAll(operation, parts, async (call, forward) => {
      seen.underWay += 1;
      seen.most = Math.max(seen.most, seen.underWay);
      let left = false;
      const leaveOnce = () => {
        if (!left) seen.underWay -= 1;
        left = true;
      };
      // A caller that has given up waits no longer.
      call.gone.addEventListener('abort', leaveOnce);
      if (seen.underWay >= awaited) complete.resolve(undefined);
      await complete.promise;
      await pause(GATHERING_MS);
      const answer = await forward();
      leaveOnce();
      return answer;
    });
    return seen;
  }
}
