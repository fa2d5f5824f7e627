/**
 * Makes execution environments of the functions, as bundled and with the environment that the template gives
 * them. They call emulators, over relays that break connections and proxies that record and intercept calls.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';
import { CREDENTIALS, makeEmulatorConfig } from '../../../tools/kit/emulator.ts';
import { forwardTo } from '../../../tools/kit/forwarding.ts';
import { startEmulators } from '../../../tools/local/emulators/start-emulators.ts';
import { makeEnvironment } from '../../../tools/local/functions/function-environment.ts';
import { makeInfrastructure } from '../../../tools/local/infrastructure.ts';
import { AUDIENCE, ISSUER } from '../../../tools/local/issuer.ts';
import { readAssembly } from '../../../tools/local/read-assembly.ts';
import { synthesize } from '../../../tools/local/synth.ts';
import type { LambdaFunction } from '../../../tools/local/template/read-functions.ts';
import { readRuntime, type Runtime } from '../../../tools/local/template/read-runtime.ts';
import { resolve } from '../../../tools/local/template/intrinsics.ts';
import { findResources } from '../../../tools/local/template/template.ts';
import { parseObject } from '../../../tools/kit/json.ts';
import { makeReferences } from '../../../tools/local/template/references.ts';
import { FakeXrayDaemon } from '../../support/fake-xray-daemon.ts';
import { makeGoodClaims } from '../../support/forge-token.ts';
import type { StackInfo } from '../../support/start-stack.ts';
import { TestIssuer } from '../../support/test-issuer.ts';
import { CallInterceptor } from '../cloudwatch/call-interceptor.ts';
import { readQuery, type SavedQuery } from '../cloudwatch/saved-query.ts';
import { Recording } from '../wiring/recording.ts';
import { ExecutionEnvironment } from './execution-environment.ts';
import { Relay } from './relay.ts';

/**
 * The claim of a worker that is killed ends within seconds, and every invocation writes lines. With a shorter
 * timeout the worker's reserve, a quarter of it, would be shorter than a call may take (2 s).
 */
const SETTINGS = {
  workerTimeoutSeconds: 10,
  clockSkewSeconds: 1,
  chunkSize: 2,
  maxTargetGroupsPerJob: 1_000,
  logLevel: 'DEBUG',
} as const;

interface Started {
  readonly runtime: Runtime;
  readonly stack: StackInfo;
  readonly queueUrl: string;
  readonly errorQuery: SavedQuery;
  readonly sqsClient: SQSClient;
  readonly issuer: TestIssuer;
  readonly daemon: FakeXrayDaemon;
  readonly relays: { readonly dynamoDB: Relay; readonly sqs: Relay };
}

export class LambdaRuntimeRig {
  readonly recording = new Recording();
  readonly dynamoDB = new CallInterceptor();
  readonly sqs = new CallInterceptor();
  readonly #resources = new AsyncDisposableStack();
  readonly #environments: ExecutionEnvironment[] = [];
  #started: Started | undefined;

  static async start(): Promise<LambdaRuntimeRig> {
    const rig = new LambdaRuntimeRig();
    try {
      rig.#started = await rig.#start(rig.#resources);
      return rig;
    } catch (error) {
      await rig.stop();
      throw error;
    }
  }

  async #start(resources: AsyncDisposableStack): Promise<Started> {
    const folder = mkdtempSync(join(tmpdir(), 'lambda-runtime-'));
    resources.defer(() => {
      rmSync(folder, { recursive: true });
    });
    const issuer = await TestIssuer.start();
    resources.defer(() => issuer.stop());
    await issuer.addKey('k1');
    const daemon = await FakeXrayDaemon.listen();
    resources.defer(() => {
      daemon.close();
    });
    const context = { ...SETTINGS, issuer: ISSUER, audience: AUDIENCE, jwksUrl: issuer.url };
    const [emulators] = await Promise.all([
      startEmulators({ dynamodb: process.env['DYNAMODB_ENDPOINT'] }, (error) => {
        throw error;
      }),
      synthesize(folder, { ...context, stackName: `LambdaRuntime${process.pid}` }),
    ]);
    resources.defer(() => emulators.stop());

    const around = {
      dynamoDB: this.recording.around(this.dynamoDB.around),
      sqs: this.recording.around(this.sqs.around),
    };
    const dynamoDBProxy = resources.use(await forwardTo(emulators.dynamodb, { around: around.dynamoDB }));
    const sqsProxy = resources.use(await forwardTo(emulators.sqs, { around: around.sqs }));
    const relays = {
      dynamoDB: resources.use(await Relay.start(dynamoDBProxy.url)),
      sqs: resources.use(await Relay.start(sqsProxy.url)),
    };

    const { template, assets } = await readAssembly(folder);
    const apiUrl = 'https://api.test';
    const { tables, queues, queueUrls, dynamodb, sqs } = await makeInfrastructure(
      template,
      emulators,
      apiUrl,
    );
    dynamodb.destroy();
    resources.defer(() => {
      sqs.destroy();
    });
    const references = makeReferences(template, {
      apiUrl,
      findQueueUrl: (id) => {
        const url = queueUrls.get(id);
        return url && new URL(new URL(url).pathname, relays.sqs.url).href;
      },
    });
    const runtime = readRuntime(template, references, assets, queues);
    const source = runtime.eventSources.find(({ queue }) => queue.logicalId.includes('Chunks'));
    const stack: StackInfo = {
      url: apiUrl,
      apiUrl,
      tables: Object.fromEntries(tables.map(({ logicalId, name }) => [logicalId, name])),
      queues: Object.fromEntries(queueUrls),
      functions: Object.fromEntries(runtime.functions.map(({ logicalId, name }) => [logicalId, name])),
      outputs: {},
      endpoints: { dynamodb: emulators.dynamodb, sqs: emulators.sqs },
    };
    const queueUrl = queueUrls.get(source?.queue.logicalId ?? '') ?? '';
    const sqsClient = new SQSClient(makeEmulatorConfig(emulators.sqs));
    resources.defer(() => {
      sqsClient.destroy();
    });
    const errorQuery = findResources(template, 'AWS::Logs::QueryDefinition')
      .map(({ properties }) => readQuery(resolve(properties, references)))
      .find(({ name }) => name.endsWith('Errors of the functions'));
    if (errorQuery === undefined) throw new Error('the template has no query for errors');
    return { runtime, stack, queueUrl, errorQuery, sqsClient, issuer, daemon, relays };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#environments.map((environment) => environment.stop()));
    await this.#resources.disposeAsync();
  }

  get #running(): Started {
    if (this.#started === undefined) throw new Error('the rig has not started');
    return this.#started;
  }

  /** The stack with direct access to the emulators: these calls are neither recorded nor intercepted. */
  get unobserved(): StackInfo {
    return this.#running.stack;
  }

  get relays(): Started['relays'] {
    return this.#running.relays;
  }

  get daemon(): FakeXrayDaemon {
    return this.#running.daemon;
  }

  /** Finds a function of the template by the name of its construct. */
  findFunction(name: string): LambdaFunction {
    const lambda = this.#running.runtime.functions.find(({ displayName }) => displayName === name);
    if (lambda === undefined) throw new Error(`there is no function ${name}`);
    return lambda;
  }

  /** The keys of the routes that a function serves. */
  listRoutes(name: string): string[] {
    const { logicalId } = this.findFunction(name);
    return this.#running.runtime.routes
      .filter(({ functionId }) => functionId === logicalId)
      .map(({ key }) => key);
  }

  /**
   * Starts an execution environment of a function.
   *
   * @param changes variables besides those of Lambda and the template; undefined for one to leave out
   */
  async startEnvironment(
    name: string,
    changes: Readonly<Record<string, string | undefined>> = {},
  ): Promise<ExecutionEnvironment> {
    const lambda = this.findFunction(name);
    const { relays, daemon } = this.#running;
    const endpoints = {
      dynamodb: relays.dynamoDB.url,
      sqs: relays.sqs.url,
      xrayDaemon: daemon.address,
    };
    const environment = await ExecutionEnvironment.start(lambda, (runtimeApi) => {
      const variables: Record<string, string | undefined> = {
        ...makeEnvironment(lambda, endpoints, `2026/11/28/[$LATEST]${'a'.repeat(32)}`),
        AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
        AWS_LAMBDA_RUNTIME_API: runtimeApi,
        AWS_SESSION_TOKEN: 'token',
        ...changes,
      };
      return Object.fromEntries(
        Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
      );
    });
    this.#environments.push(environment);
    return environment;
  }

  /** Signs a token for account 101. `claims` adds claims or replaces them. */
  signToken(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return this.#running.issuer.sign('k1', makeGoodClaims(claims));
  }

  async sendMessage(body: string): Promise<void> {
    const { sqsClient, queueUrl } = this.#running;
    await sqsClient.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
  }

  /** Receives messages with a text until there are so many, as Lambda's pollers do. Deletes all others. */
  async receiveMessages(count: number, text: string): Promise<Message[]> {
    const { sqsClient, queueUrl } = this.#running;
    const messages: Message[] = [];
    while (messages.length < count) {
      const { Messages = [] } = await sqsClient.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: Math.min(10, count - messages.length),
          WaitTimeSeconds: 20,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      );
      const isWanted = ({ Body = '' }: Message) => Body.includes(text);
      messages.push(...Messages.filter(isWanted));
      await this.deleteMessages(Messages.filter((message) => !isWanted(message)));
    }
    return messages;
  }

  /** Deletes messages, as Lambda's pollers do. */
  async deleteMessages(messages: readonly Message[]): Promise<void> {
    const { sqsClient, queueUrl } = this.#running;
    for (const { ReceiptHandle } of messages) {
      await sqsClient.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
  }

  /** The lines of an environment that operators find with the saved query for errors. */
  findErrorLines(name: string, { lines }: ExecutionEnvironment): string[] {
    const { errorQuery } = this.#running;
    if (!errorQuery.logGroups.includes(this.findFunction(name).logGroup)) return [];
    return lines.filter((line) => errorQuery.selects(parseObject(line) ?? {}, line));
  }

  /** The calls since a number of them that began, or were still under way, after a time in epoch ms. */
  listCallsAfter(time: number, since: number): string[] {
    return this.recording
      .list()
      .slice(since)
      .filter(({ answeredAt }) => answeredAt > time)
      .map(({ operation }) => operation);
  }
}
