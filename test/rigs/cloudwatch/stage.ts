/**
 * Starts a local stack, and collects its log lines and metrics as CloudWatch would. The calls between its
 * functions and stores can be intercepted (ADR 24).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { emulatorAt } from '../../../tools/kit/emulator.ts';
import { type Emulators, startEmulators } from '../../../tools/local/emulators/emulators.ts';
import { forwardTo } from '../../../tools/kit/forwarding.ts';
import { AUDIENCE } from '../../../tools/local/issuer.ts';
import { type LocalStack, startLocalStack } from '../../../tools/local/stack.ts';
import { synthesize } from '../../../tools/local/synth.ts';
import { Client } from '../../support/client.ts';
import { nameLike } from '../../support/e2e.ts';
import { goodClaims } from '../../support/forge.ts';
import type { StackInfo } from '../../support/local-stack.ts';
import { TestIssuer } from '../../support/test-issuer.ts';
import { until } from '../../support/until.ts';
import type { Datapoint } from './datapoint.ts';
import { DynamoDBMetrics } from './dynamodb-metrics.ts';
import { Meddler } from './meddler.ts';
import { Observations } from './observations.ts';
import { SqsMetrics } from './sqs-metrics.ts';
import { Watching } from './watching.ts';

const ISSUER = 'https://issuer.test/';

/** Short times, so that faults happen soon. Every threshold of an alarm keeps its default. */
const CONTEXT = { workerTimeoutSeconds: 8, clockSkewSeconds: 1, maxReceiveCount: 3 };

/** The concurrency limit of each function: so low that little traffic is throttled. */
const CONCURRENCY = 2;

export class Stage {
  readonly seen = new Observations();
  readonly dynamoDB = new Meddler();
  readonly queues = new Meddler();
  readonly sqsMetrics = new SqsMetrics(this.seen.publish);
  readonly #dynamoDBMetrics = new DynamoDBMetrics(this.seen.publish);
  readonly #resources = new AsyncDisposableStack();
  #started:
    | { stack: LocalStack; watching: Watching; emulators: Emulators; sqs: SQSClient; client: Client }
    | undefined;
  issuer = new TestIssuer();

  static async start(): Promise<Stage> {
    const stage = new Stage();
    try {
      await stage.#start();
      return stage;
    } catch (error) {
      await stage.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    this.issuer = await TestIssuer.start();
    this.#resources.defer(() => this.issuer.stop());
    await this.issuer.addKey('k1');
    const folder = mkdtempSync(join(tmpdir(), 'observability-'));
    this.#resources.defer(() => {
      rmSync(folder, { recursive: true });
    });
    const stackName = `Observed${process.pid}`;
    const context = { stackName, issuer: ISSUER, jwksUrl: this.issuer.url, audience: AUDIENCE, ...CONTEXT };
    const [emulators] = await Promise.all([
      startEmulators({ dynamodb: process.env['DYNAMODB_ENDPOINT'] }, (error) => {
        throw error;
      }),
      synthesize(folder, context),
    ]);
    this.#resources.defer(() => emulators.stop());
    limitConcurrency(join(folder, `${stackName}.template.json`));

    const dynamoDB = this.#resources.use(
      await forwardTo(emulators.dynamodb, {
        around: this.#dynamoDBMetrics.around(this.dynamoDB.around),
      }),
    );
    const queues = this.#resources.use(
      await forwardTo(emulators.sqs, { around: this.sqsMetrics.around(this.queues.around) }),
    );
    const stack = await startLocalStack({
      assembly: folder,
      dynamodbEndpoint: dynamoDB.url,
      sqsEndpoint: queues.url,
      log: (entry) => {
        // Until the stack has started, the log contains only notices.
        if (this.#started !== undefined) this.seen.log(entry, this.watching);
      },
      watch: ({ name }) => this.seen.watch(name),
    });
    this.#resources.defer(() => stack.stop());
    const watching = await Watching.of(folder, stack);
    const sqs = new SQSClient(emulatorAt(stack.endpoints.sqs));
    this.#resources.defer(() => {
      sqs.destroy();
    });
    const client = new Client(stack.url, await this.issuer.sign('k1', goodClaims({ iss: ISSUER })));
    this.#started = { stack, watching, emulators, sqs, client };
  }

  async stop(): Promise<void> {
    await this.#resources.disposeAsync();
  }

  get #live() {
    if (this.#started === undefined) throw new Error('the rig has not started');
    return this.#started;
  }

  get stack(): LocalStack {
    return this.#live.stack;
  }

  /** The alarms, graphs, queries and logs of the template. */
  get watching(): Watching {
    return this.#live.watching;
  }

  /** The stack with direct access to the emulators: these calls are neither observed nor intercepted. */
  get behind(): StackInfo {
    const { stack, emulators } = this.#live;
    return { ...stack, endpoints: emulators };
  }

  get client(): Client {
    return this.#live.client;
  }

  /** A client of the queues, whose calls are observed and can be intercepted. */
  get sqs(): SQSClient {
    return this.#live.sqs;
  }

  /** Finds the logical id of a function by its name in the local stack. @throws Error if there is none */
  functionId(name: string): string {
    const id = Object.keys(this.stack.functions).find((each) => each.startsWith(`Functions${name}`));
    if (id === undefined) throw new Error(`there is no function ${name}`);
    return id;
  }

  /** Waits for a log line of a function that contains all of `parts`. */
  async line(...parts: string[]): Promise<Record<string, unknown>> {
    const text = await until(
      () => this.seen.lines.find((line) => parts.every((part) => line.text.includes(part)))?.text,
    );
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** Publishes the metrics that no call produces. The age of messages is measured at `now`, epoch ms. */
  async sample(now?: number): Promise<void> {
    for (const [id, table] of Object.entries(this.stack.tables)) {
      this.#dynamoDBMetrics.sample(table, this.watching.indexes[id] ?? []);
    }
    await this.sqsMetrics.sample(this.sqs, Object.values(this.stack.queues), now);
  }

  /** Reads the number of visible messages in a queue. */
  async waiting(queue: string): Promise<number> {
    const { Attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: nameLike(this.stack.queues, queue),
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    );
    return Number(Attributes?.ApproximateNumberOfMessages);
  }

  /** Returns the datapoints that are published while `drive` runs, and until every invocation has ended. */
  async during(drive: () => Promise<unknown>): Promise<Datapoint[]> {
    this.seen.take();
    await drive();
    await until(() => this.seen.running === 0);
    await this.sample();
    return this.seen.take();
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
