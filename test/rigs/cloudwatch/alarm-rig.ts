/**
 * Starts a local stack, and collects its log lines and metrics as CloudWatch would. The calls between its
 * functions and stores can be intercepted (ADR 24).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { readConfig } from '../../../lib/config.ts';
import { makeEmulatorConfig } from '../../../tools/kit/emulator.ts';
import type { Emulators } from '../../../tools/local/emulators/start-emulators.ts';
import { AUDIENCE } from '../../../tools/local/issuer.ts';
import type { LocalStack } from '../../../tools/local/local-stack.ts';
import { Client } from '../../support/api-client.ts';
import { findName } from '../../support/e2e.ts';
import { makeGoodClaims } from '../../support/forge-token.ts';
import { HIGH_LIMITS } from '../../../tools/local/high-limits.ts';
import { startInterceptedStack } from '../../support/intercepted-stack.ts';
import type { StackInfo } from '../../support/start-stack.ts';
import { TestIssuer } from '../../support/test-issuer.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { Datapoint } from './datapoint.ts';
import { DynamoDBMetrics } from './dynamodb-metrics.ts';
import { CallInterceptor } from './call-interceptor.ts';
import { Observations } from './observations.ts';
import { SqsMetrics } from './sqs-metrics.ts';
import { WatchedResources } from './watched-resources.ts';

const ISSUER = 'https://issuer.test/';

/** Short times, so that faults happen soon. Every threshold of an alarm keeps its default. */
const CONTEXT = { workerTimeoutSeconds: 8, clockSkewSeconds: 1, maxReceiveCount: 3, ...HIGH_LIMITS };

/** The configuration of the stack. */
export const CONFIG = readConfig(CONTEXT);

/** The concurrency limit of each function: so low that little traffic is throttled. */
const CONCURRENCY = 2;

export class AlarmRig {
  readonly observations = new Observations();
  readonly dynamoDBCalls = new CallInterceptor();
  readonly sqsCalls = new CallInterceptor();
  readonly sqsMetrics = new SqsMetrics(this.observations.publish);
  readonly #dynamoDBMetrics = new DynamoDBMetrics(this.observations.publish);
  readonly #resources = new AsyncDisposableStack();
  #started:
    | { stack: LocalStack; watching: WatchedResources; emulators: Emulators; sqs: SQSClient; client: Client }
    | undefined;
  issuer = new TestIssuer();

  static async start(): Promise<AlarmRig> {
    const rig = new AlarmRig();
    try {
      await rig.#start();
      return rig;
    } catch (error) {
      await rig.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    this.issuer = await TestIssuer.start();
    this.#resources.defer(() => this.issuer.stop());
    await this.issuer.addKey('k1');
    const stackName = `Observed${process.pid}`;
    const { folder, emulators, stack } = await startInterceptedStack(this.#resources, {
      context: { stackName, issuer: ISSUER, jwksUrl: this.issuer.url, audience: AUDIENCE, ...CONTEXT },
      changeTemplate: limitConcurrency,
      aroundDynamoDB: this.#dynamoDBMetrics.wrapCalls(this.dynamoDBCalls.around),
      aroundSqs: this.sqsMetrics.wrapCalls(this.sqsCalls.around),
      log: (entry) => {
        // Until the stack has started, the log contains only notices.
        if (this.#started !== undefined) this.observations.addEntry(entry, this.watched);
      },
      watch: ({ name }) => this.observations.watchFunction(name),
    });
    const watching = await WatchedResources.readAssemblyOf(folder, stack);
    const sqs = new SQSClient(makeEmulatorConfig(stack.endpoints.sqs));
    this.#resources.defer(() => {
      sqs.destroy();
    });
    const client = await this.#makeClient(stack, 101);
    this.#started = { stack, watching, emulators, sqs, client };
  }

  /** Makes a client of another account. */
  makeClient(accountId: number): Promise<Client> {
    return this.#makeClient(this.stack, accountId);
  }

  async #makeClient({ url }: LocalStack, accountId: number): Promise<Client> {
    return new Client(
      url,
      await this.issuer.sign('k1', makeGoodClaims({ iss: ISSUER, account_ids: [accountId] })),
    );
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

  /** The alarms, graphs, queries and logs of the template. */
  get watched(): WatchedResources {
    return this.#running.watching;
  }

  /** The stack with direct access to the emulators: these calls are neither observed nor intercepted. */
  get unobserved(): StackInfo {
    const { stack, emulators } = this.#running;
    return { ...stack, endpoints: emulators };
  }

  get client(): Client {
    return this.#running.client;
  }

  /** Signs a token with a key of the issuer. */
  signToken(kid: string): Promise<string> {
    return this.issuer.sign(kid, makeGoodClaims({ iss: ISSUER }));
  }

  /** A client of the queues, whose calls are observed and can be intercepted. */
  get sqs(): SQSClient {
    return this.#running.sqs;
  }

  /** Finds the logical id of a function by its name in the local stack. @throws Error if there is none */
  findFunctionId(name: string): string {
    const id = Object.keys(this.stack.functions).find((each) => each.startsWith(`Functions${name}`));
    if (id === undefined) throw new Error(`there is no function ${name}`);
    return id;
  }

  /** Waits for a log line of a function that contains all of `parts`. */
  async waitForLine(...parts: string[]): Promise<Record<string, unknown>> {
    const text = await waitUntil(
      () => this.observations.lines.find((line) => parts.every((part) => line.text.includes(part)))?.text,
    );
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** Publishes the metrics that no call produces. The age of messages is measured at `now`, epoch ms. */
  async sample(now?: number): Promise<void> {
    for (const [id, table] of Object.entries(this.stack.tables)) {
      this.#dynamoDBMetrics.sample(table, this.watched.indexes[id] ?? []);
    }
    await this.sqsMetrics.sample(this.sqs, Object.values(this.stack.queues), now);
  }

  /** Reads the number of visible messages in a queue. */
  async countWaiting(queue: string): Promise<number> {
    const { Attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: findName(this.stack.queues, queue),
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    );
    return Number(Attributes?.ApproximateNumberOfMessages);
  }

  /** Returns the datapoints that are published while `drive` runs, and until every invocation has ended. */
  async observe(drive: () => Promise<unknown>): Promise<Datapoint[]> {
    this.observations.takeDatapoints();
    await drive();
    await waitUntil(() => this.observations.running === 0);
    await this.sample();
    return this.observations.takeDatapoints();
  }
}

function limitConcurrency(file: string): void {
  const template = JSON.parse(readFileSync(file, 'utf8')) as {
    Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  };
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type === 'AWS::Lambda::Function') Properties['ReservedConcurrentExecutions'] = CONCURRENCY;
  }
  writeFileSync(file, JSON.stringify(template));
}
