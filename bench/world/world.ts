/**
 * The deployed template on emulators, without what the local stack puts in between: each function calls the emulator,
 * or a counting proxy before it, directly. What is measured is the functions, not the local stack.
 */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { readAssembly } from '../../local/assembly.ts';
import { CREDENTIALS, REGION } from '../../local/cloud.ts';
import { FunctionPool } from '../../local/functions/pool.ts';
import { Router } from '../../local/gateway/router.ts';
import { makeInfrastructure } from '../../local/infrastructure.ts';
import { AUDIENCE, ISSUER, Issuer } from '../../local/issuer.ts';
import { PROJECT } from '../../local/project.ts';
import { QueuePoller } from '../../local/queue-poller.ts';
import { synthesize } from '../../local/synth.ts';
import type { EventSource } from '../../local/template/event-sources.ts';
import type { LambdaFunction } from '../../local/template/functions.ts';
import { referencesOf } from '../../local/template/references.ts';
import { readRuntime } from '../../local/template/runtime.ts';
import type { FunctionName } from '../../lib/function-sizes.ts';
import { type Stores, startStores } from './emulators.ts';

export const FUNCTIONS: Partial<Record<FunctionName, string>> = {
  'create-job': 'CreateJob',
  'get-job': 'GetJob',
  worker: 'Worker',
  reconcile: 'Reconcile',
};

export interface World {
  readonly stores: Stores;
  /** By the name of its entry file. */
  lambda(name: FunctionName): LambdaFunction;
  readonly router: Router;
  readonly source: EventSource;
  readonly queueUrl: string;
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
  /** A name by a part of its logical id. */
  table(part: string): string;
  /** A token that may do everything on account 101. */
  readonly token: string;
  purge(): Promise<void>;
  stop(): Promise<void>;
}

const FOLDER = join(PROJECT, '.local', 'bench');

/** Synthesizes the app, and makes its tables and queues. */
export async function openWorld(): Promise<World> {
  const issuer = await Issuer.load();
  const keys = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(issuer.jwks));
  });
  keys.listen(0, '127.0.0.1');
  await once(keys, 'listening');
  const address = keys.address();
  if (address === null || typeof address === 'string') throw new Error('no address for the keys');

  const folder = join(FOLDER, 'cdk.out');
  const [stores] = await Promise.all([
    startStores(),
    synthesize(folder, {
      stackName: `Bench${process.pid}`,
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUrl: `http://127.0.0.1:${address.port}/`,
    }),
  ]);
  const { template, assets } = await readAssembly(folder);
  const made = await makeInfrastructure(template, stores, 'http://127.0.0.1');
  const references = referencesOf(template, {
    apiUrl: 'http://127.0.0.1',
    queueUrl: (id) => made.queueUrls.get(id),
  });
  const runtime = readRuntime(template, references, assets, made.queues);
  const [source] = runtime.eventSources;
  if (source === undefined) throw new Error('the template has no event source mapping');
  const queueUrl = made.queueUrls.get(source.queue.logicalId) ?? '';

  return {
    stores,
    lambda: (name) => {
      const found = runtime.functions.find(({ displayName }) => displayName === FUNCTIONS[name]);
      if (found === undefined) throw new Error(`the template has no function ${name}`);
      // DynamoDB Local keeps its data by access key, and here nothing else is told by it.
      return { ...found, environment: { ...found.environment, AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId } };
    },
    router: new Router(runtime.routes),
    source,
    queueUrl,
    dynamodb: made.dynamodb,
    sqs: made.sqs,
    table: (part) => made.tables.find(({ logicalId }) => logicalId.includes(part))?.name ?? '',
    token: await issuer.sign({
      accounts: [101],
      scope: 'batch-jobs:write batch-jobs:read',
      subject: '0190a8f0-5b7e-7c3a-9d55-3f1b6a2c4e11',
      ttlSeconds: 3_600,
    }),
    purge: async () => {
      await made.sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
    },
    stop: async () => {
      made.dynamodb.destroy();
      made.sqs.destroy();
      keys.close();
      keys.closeAllConnections();
      await stores.stop();
    },
  };
}

/** Where a function's calls go. */
export interface Endpoints {
  readonly dynamodb: string;
  readonly sqs: string;
}

/** The function with its calls sent elsewhere: the queue's URL in its environment names a host as well. */
export function calling(lambda: LambdaFunction, world: World, { sqs }: Endpoints): LambdaFunction {
  const url = new URL(new URL(world.queueUrl).pathname, sqs).href;
  const environment = Object.fromEntries(
    Object.entries(lambda.environment).map(([name, value]) => [name, value === world.queueUrl ? url : value]),
  );
  return { ...lambda, environment };
}

export interface Running {
  readonly pools: ReadonlyMap<string, FunctionPool>;
  /** Reads the queue for the worker, with as many workers at a time as its pool allows. */
  deliver(): Promise<void>;
  /** Stops to read the queue; resolves when the batches under way are done. */
  hold(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the functions.
 * @param endpoints where each function's calls go; and those that Lambda makes to read the queue: `poller`
 * @param log takes each line that a function prints
 */
export function run(
  world: World,
  endpoints: (caller: FunctionName | 'poller') => Endpoints,
  log: (name: FunctionName, text: string) => void,
): Running {
  const pools = new Map(
    (Object.keys(FUNCTIONS) as FunctionName[]).map((name) => {
      const at = endpoints(name);
      const lambda = calling(world.lambda(name), world, at);
      return [
        name,
        new FunctionPool(lambda, at, (text) => {
          log(name, text);
        }),
      ] as const;
    }),
  );
  const worker = pools.get('worker');
  if (worker === undefined) throw new Error('there is no worker');
  const at = endpoints('poller').sqs;
  const sqs = new SQSClient({ endpoint: at, region: REGION, credentials: CREDENTIALS });
  let poller: QueuePoller | undefined;
  const hold = async () => {
    await poller?.stop();
    poller = undefined;
  };
  return {
    pools,
    deliver: async () => {
      poller = await QueuePoller.start({
        source: world.source,
        queueUrl: new URL(new URL(world.queueUrl).pathname, at).href,
        sqs,
        pool: worker,
        notice: (text) => {
          throw new Error(text);
        },
      });
    },
    hold,
    stop: async () => {
      await hold();
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
      sqs.destroy();
    },
  };
}
