/**
 * Runs the template's functions on emulators without the local stack's gateway and permission checks: each
 * function calls an emulator directly, or through a counting proxy.
 */
import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { readAssembly } from '../../local/read-assembly.ts';
import { CREDENTIALS, makeEmulatorConfig } from '../../kit/emulator.ts';
import { makeJsonAnswer, serveHttp } from '../../kit/http-server.ts';
import { FunctionPool } from '../../local/functions/pool.ts';
import { Router } from '../../local/gateway/router.ts';
import { makeInfrastructure } from '../../local/infrastructure.ts';
import { ALL_SCOPES, AUDIENCE, ISSUER, Issuer } from '../../local/issuer.ts';
import { PROJECT } from '../../kit/project.ts';
import { QueuePoller } from '../../local/queue-poller.ts';
import { synthesize } from '../../local/synth.ts';
import type { EventSource } from '../../local/template/read-event-sources.ts';
import type { LambdaFunction } from '../../local/template/read-functions.ts';
import { makeReferences } from '../../local/template/references.ts';
import type { Template } from '../../local/template/template.ts';
import { readRuntime } from '../../local/template/read-runtime.ts';
import type { FunctionName } from '../../../lib/functions/make-functions.ts';
import { type Stores, startStores } from './bench-emulators.ts';

export const FUNCTIONS: Partial<Record<FunctionName, string>> = {
  'create-job': 'CreateJob',
  'get-job': 'GetJob',
  worker: 'Worker',
  reconcile: 'Reconcile',
};

export interface BenchRig {
  readonly stores: Stores;
  /** Returns a function by the name of its entry file. */
  findFunction(name: FunctionName): LambdaFunction;
  readonly router: Router;
  readonly source: EventSource;
  /** The URL of the template's queue, as in the environments of the functions. */
  readonly queueUrl: string;
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly template: Template;
  /** Returns a table's name by a part of its logical id. */
  findTableName(part: string): string;
  /** A token with all scopes on account 101. */
  readonly token: string;
  /** Signs a token with all scopes on other accounts. */
  signToken(accounts: readonly number[]): Promise<string>;
  /** Creates another queue with the settings of the template's queue. @returns its URL */
  createQueue(): Promise<string>;
  stop(): Promise<void>;
}

const FOLDER = join(PROJECT, '.local', 'bench');

/** Synthesizes the app, and creates its tables and queues. */
export async function openBenchRig(): Promise<BenchRig> {
  const issuer = await Issuer.load();
  const keys = await serveHttp(() => makeJsonAnswer(issuer.jwks));
  const folder = join(FOLDER, 'cdk.out');
  const [stores] = await Promise.all([
    startStores(),
    synthesize(folder, {
      stackName: `Bench${process.pid}`,
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUrl: `${keys.url}/`,
    }),
  ]);
  const { template, assets } = await readAssembly(folder);
  const made = await makeInfrastructure(template, stores, 'http://127.0.0.1');
  const references = makeReferences(template, {
    apiUrl: 'http://127.0.0.1',
    findQueueUrl: (id) => made.queueUrls.get(id),
  });
  const runtime = readRuntime(template, references, assets, made.queues);
  const source = runtime.eventSources.find(({ queue }) => queue.logicalId.includes('Chunks'));
  if (source === undefined) throw new Error('the template has no event source mapping of the chunks');
  const queueUrl = made.queueUrls.get(source.queue.logicalId) ?? '';

  const signToken = (accounts: readonly number[]) =>
    issuer.sign({
      accounts,
      scope: ALL_SCOPES,
      subject: '0190a8f0-5b7e-7c3a-9d55-3f1b6a2c4e11',
      ttlSeconds: 3_600,
    });
  let queues = 0;

  return {
    stores,
    findFunction: (name) => {
      const found = runtime.functions.find(({ displayName }) => displayName === FUNCTIONS[name]);
      if (found === undefined) throw new Error(`the template has no function ${name}`);
      // DynamoDB Local has separate data for each access key, so that all functions need the same one here.
      return { ...found, environment: { ...found.environment, AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId } };
    },
    router: new Router(runtime.routes),
    source,
    queueUrl,
    dynamodb: made.dynamodb,
    sqs: made.sqs,
    template,
    findTableName: (part) => made.tables.find(({ logicalId }) => logicalId.includes(part))?.name ?? '',
    token: await signToken([101]),
    signToken,
    createQueue: async () => {
      queues += 1;
      const { name, attributes } = source.queue;
      const { QueueUrl = '' } = await made.sqs.send(
        new CreateQueueCommand({ QueueName: `${name}-${queues}`, Attributes: { ...attributes } }),
      );
      return new URL(new URL(QueueUrl).pathname, stores.sqs).href;
    },
    stop: async () => {
      made.dynamodb.destroy();
      made.sqs.destroy();
      await Promise.all([keys.close(), stores.stop()]);
    },
  };
}

/** The addresses that a function's calls go to. */
export interface Endpoints {
  readonly dynamodb: string;
  readonly sqs: string;
}

/** Returns the function with the URL of another queue in its environment. */
export function replaceQueueUrl(queueUrl: string, lambda: LambdaFunction, rig: BenchRig): LambdaFunction {
  const environment = Object.fromEntries(
    Object.entries(lambda.environment).map(([name, value]) => [
      name,
      value === rig.queueUrl ? queueUrl : value,
    ]),
  );
  return { ...lambda, environment };
}

export interface RunningFunctions {
  readonly pools: ReadonlyMap<string, FunctionPool>;
  /**
   * Starts to read the queue for the worker, with as many workers at a time as its pool allows.
   * @param onBatch called with the event when a worker begins with a batch
   */
  startDelivery(onBatch?: (event: string) => void): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the functions with a new queue, because in fauxqs an aborted long poll of an earlier run could still
 * receive a message.
 * @param endpoints returns the addresses for each function's calls, and for Lambda's calls to read the queue
 *   (`poller`)
 * @param log called with each line that a function prints
 */
export async function startFunctions(
  rig: BenchRig,
  endpoints: (caller: FunctionName | 'poller') => Endpoints,
  log: (name: FunctionName, text: string) => void,
): Promise<RunningFunctions> {
  const queueUrl = await rig.createQueue();
  const makeQueueUrl = (endpoint: string) => new URL(new URL(queueUrl).pathname, endpoint).href;
  const pools = new Map(
    (Object.keys(FUNCTIONS) as FunctionName[]).map((name) => {
      const at = endpoints(name);
      const pool = new FunctionPool(
        replaceQueueUrl(makeQueueUrl(at.sqs), rig.findFunction(name), rig),
        at,
        (text) => {
          log(name, text);
        },
      );
      return [name, pool] as const;
    }),
  );
  const worker = pools.get('worker');
  if (worker === undefined) throw new Error('there is no worker');
  const at = endpoints('poller').sqs;
  const sqs = new SQSClient(makeEmulatorConfig(at));
  let poller: QueuePoller | undefined;
  return {
    pools,
    startDelivery: async (onBatch = () => undefined) => {
      poller = await QueuePoller.start({
        source: rig.source,
        queueUrl: makeQueueUrl(at),
        sqs,
        pool: {
          lambda: worker.lambda,
          concurrency: worker.concurrency,
          invoke: (event) => {
            onBatch(event);
            return worker.invoke(event);
          },
        },
        notice: (text) => {
          throw new Error(text);
        },
      });
    },
    stop: async () => {
      await poller?.stop();
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
      sqs.destroy();
    },
  };
}
