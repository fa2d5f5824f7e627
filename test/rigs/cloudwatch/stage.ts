/**
 * A local stack of its own, watched as CloudWatch would watch it: what its functions write, the metrics of
 * AWS's own services, and between the functions and their stores somebody who can meddle.
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

/** Short times, where a fault would be waited for otherwise. Every threshold of an alarm is the default one. */
const CONTEXT = { workerTimeoutSeconds: 8, clockSkewSeconds: 1, maxReceiveCount: 3 };

/** Of each function at a time: as if the account had no more, so that little traffic is throttled. */
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
        // Before it has started nothing runs: there are notices only.
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
    if (this.#started === undefined) throw new Error('the stage has not started');
    return this.#started;
  }

  get stack(): LocalStack {
    return this.#live.stack;
  }

  /** What the template watches. */
  get watching(): Watching {
    return this.#live.watching;
  }

  /** The stack, with the emulators as they are: what is done there is seen by nobody. */
  get behind(): StackInfo {
    const { stack, emulators } = this.#live;
    return { ...stack, endpoints: emulators };
  }

  get client(): Client {
    return this.#live.client;
  }

  /** Of the queues, in front of the meddler. */
  get sqs(): SQSClient {
    return this.#live.sqs;
  }

  /** The logical id of a function, by the name that the local stack shows. */
  functionId(name: string): string {
    const id = Object.keys(this.stack.functions).find((each) => each.startsWith(`Functions${name}`));
    if (id === undefined) throw new Error(`there is no function ${name}`);
    return id;
  }

  /** Waits for a line of a function that has all of `parts`. */
  async line(...parts: string[]): Promise<Record<string, unknown>> {
    const text = await until(
      () => this.seen.lines.find((line) => parts.every((part) => line.text.includes(part)))?.text,
    );
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** Measures what is not measured by itself, the queues as they would be at `now`. */
  async sample(now?: number): Promise<void> {
    for (const [id, table] of Object.entries(this.stack.tables)) {
      this.#dynamoDBMetrics.sample(table, this.watching.indexes[id] ?? []);
    }
    await this.sqsMetrics.sample(this.sqs, Object.values(this.stack.queues), now);
  }

  /** How many messages are to be had from a queue. */
  async waiting(queue: string): Promise<number> {
    const { Attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: nameLike(this.stack.queues, queue),
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    );
    return Number(Attributes?.ApproximateNumberOfMessages);
  }

  /** What is published while `drive` runs, and until every function is done. */
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
