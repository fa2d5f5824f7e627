/** Starts the whole local stack from the synthesized template, and stops it (ADR 14). */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readAssembly } from './read-assembly.ts';
import { Closers } from './closers.ts';
import { type ControlledStack, makeControlHandler } from './control-handler.ts';
import type { Sample } from './data/sample.ts';
import { checkData, writeData } from './data/seed.ts';
import { makeDocsHandler } from './docs/docs-handler.ts';
import { startEmulators } from './emulators/start-emulators.ts';
import { findForeignIssuer, signExampleToken } from './example-token.ts';
import type { InvocationResult } from './functions/messages.ts';
import type { InvocationWatch } from './functions/pool.ts';
import { Router } from './gateway/router.ts';
import { getRoot } from './gateway/local-routes.ts';
import { Gateway } from './gateway/server.ts';
import { Access } from './iam/access.ts';
import { openCheckingProxies } from './iam/checking-proxies.ts';
import { makeInfrastructure } from './infrastructure.ts';
import { Issuer } from './issuer.ts';
import { makeLocalContext } from './local-context.ts';
import { combineLogs, type Log, silentLog } from './logs.ts';
import { Processes } from './function-processes.ts';
import { UsageError } from '../kit/tool-errors.ts';
import { PROJECT } from '../kit/project.ts';
import { Recorder } from './status/recorder.ts';
import { makeSources, Status } from './status/status.ts';
import { synthesize } from './synth.ts';
import type { LambdaFunction } from './template/read-functions.ts';
import { makeReferences } from './template/references.ts';
import { readAddress, replaceDomain } from './template/read-address.ts';
import { readCors } from './template/read-cors.ts';
import { readRuntime } from './template/read-runtime.ts';
import { readOutputs } from './template/template.ts';

/** Where the stack's own routes are. */
const STATUS_ROOT = '/_local';
const DOCS_ROOT = '/docs';
const OWN_ROOTS = [STATUS_ROOT, DOCS_ROOT];

/** How long a stopping stack waits for requests and batches in progress. */
const GRACE_MILLISECONDS = 3_000;

export interface LocalStackOptions {
  /** 0, the default, for any free port. */
  readonly port?: number | undefined;
  /** Path of a JSON Lines file. Default: demo data. */
  readonly dataFile?: string | undefined;
  /** Number of target groups of the demo data. */
  readonly demoSize?: number | undefined;
  /** Context of the CDK app; it overrides the context of cdk.json. */
  readonly context?: Readonly<Record<string, unknown>> | undefined;
  /** Default: the variable DYNAMODB_ENDPOINT, else an embedded emulator. */
  readonly dynamodbEndpoint?: string | undefined;
  /** Default: the variable SQS_ENDPOINT, else an embedded emulator. */
  readonly sqsEndpoint?: string | undefined;
  /** `host:port` that receives trace segments. Default: the variable AWS_XRAY_DAEMON_ADDRESS, else none. */
  readonly xrayDaemon?: string | undefined;
  /** Default: prints nothing. */
  readonly log?: Log | undefined;
  /** Draws after how long an invocation of a function is killed, ms. By default none is. */
  readonly killAfterMs?: ((lambda: LambdaFunction) => number | undefined) | undefined;
  /** Makes an observer of the invocations of a function. */
  readonly watch?: ((lambda: LambdaFunction) => InvocationWatch) | undefined;
  /** Folder of an assembly to run instead of synthesizing the app. */
  readonly assembly?: string | undefined;
  /** Aborts the start. */
  readonly signal?: AbortSignal | undefined;
}

export interface LocalStack extends ControlledStack {
  readonly issuer: Issuer;
  /** The issuer of the functions, if they refuse the local one's tokens. */
  readonly foreignIssuer: string | undefined;
  /** A project and target groups that an example request can name. */
  readonly sample: Sample | undefined;
  /** Resolves when an embedded emulator has failed. */
  readonly failure: Promise<Error>;
  /** Runs a function with an event, and returns its answer as JSON or its error. */
  invoke(functionLogicalId: string, event: unknown): Promise<InvocationResult>;
  /** Stops everything; resolves within seconds, when nothing runs any more. */
  stop(): Promise<void>;
}

/**
 * Starts the stack; resolves when it serves the API.
 * @throws UsageError for a port or data file that cannot be used, SynthesisError, UnsupportedTemplateError,
 *   RefusedTemplateError
 */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  const closers = new Closers();
  try {
    return await start(options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function start(options: LocalStackOptions, closers: Closers): Promise<LocalStack> {
  const recorder = new Recorder();
  const status = new Status(recorder);
  const log = combineLogs(recorder.log, options.log ?? silentLog);
  const notice = (text: string) => {
    log({ kind: 'notice', text });
  };
  const signal = options.signal ?? new AbortController().signal;
  const now = Date.now();

  // The gateway listens first: the template contains its address, and a used port must fail at once.
  const gateway = await Gateway.listen(options.port ?? 0, (line) => {
    log({ kind: 'request', ...line });
  });
  closers.add(() => gateway.close(0));
  const issuer = await Issuer.load();
  const served: { stack?: LocalStack } = {};
  gateway.serveLocalRoutes(
    STATUS_ROOT,
    makeControlHandler(issuer, status, () => served.stack),
  );

  const data = { file: options.dataFile, demoSize: options.demoSize };
  const seed = await checkData(data, now);
  // Known once the template is read. A page that is open by then waits for it.
  const foreignIssuer = Promise.withResolvers<string | undefined>();
  const basePath = Promise.withResolvers<string>();
  gateway.serveLocalRoutes(
    DOCS_ROOT,
    makeDocsHandler(
      async () => {
        const foreign = await foreignIssuer.promise;
        return foreign === undefined
          ? { token: await signExampleToken(issuer, seed.sample) }
          : { issuer: foreign };
      },
      basePath.promise,
      options.dataFile === undefined ? undefined : seed.sample,
    ),
  );

  const failure = Promise.withResolvers<Error>();
  const given = {
    dynamodb: options.dynamodbEndpoint ?? process.env['DYNAMODB_ENDPOINT'],
    sqs: options.sqsEndpoint ?? process.env['SQS_ENDPOINT'],
  };
  notice(`DynamoDB: ${given.dynamodb ?? 'starting dynalite'}, SQS: ${given.sqs ?? 'starting fauxqs'}`);
  const starting = startEmulators(given, failure.resolve);
  closers.add(async () => {
    await (await starting).stop();
  });
  const folder = options.assembly ?? (await synthesizeFor(gateway, options, closers, signal, notice));
  const { template, assets } = await readAssembly(folder);
  const endpoints = await starting;

  notice('making tables and queues');
  const infrastructure = await makeInfrastructure(template, endpoints, gateway.url);
  const { tables, queues, queueUrls, references, dynamodb, sqs } = infrastructure;
  closers.add(() => {
    dynamodb.destroy();
    sqs.destroy();
    return Promise.resolve();
  });

  const proxies = await openCheckingProxies(endpoints);
  closers.add(() => proxies.close());
  const address = readAddress(template, references);
  const apiUrl = gateway.url + address.basePath;
  refuseOwnPath(address.basePath);
  const runtime = readRuntime(
    template,
    makeReferences(template, {
      apiUrl: gateway.url,
      findQueueUrl: (id) => {
        const url = queueUrls.get(id);
        return url && proxies.makeQueueUrl(url);
      },
    }),
    assets,
    queues,
    (environment) => replaceDomain(environment, address, gateway.url),
  );
  const foreign = await findForeignIssuer(runtime.functions, issuer, seed.sample);
  foreignIssuer.resolve(foreign);
  basePath.resolve(address.basePath);
  const access = new Access(template, references, runtime, (call) => {
    log({ kind: 'denied', ...call });
  });
  proxies.applyPermissions(access);

  const table = runtime.functions.map(({ environment }) => environment['TARGET_GROUPS_TABLE']).find(Boolean);
  // A table that the configuration names has data of its own: only what the user asks for is written to it.
  const made = tables.some(({ name }) => name === table);
  if (table !== undefined && (made || options.dataFile !== undefined)) {
    notice(`writing ${seed.records} projects and target groups`);
    const progress = (records: number) => {
      notice(`written ${records} of ${seed.records}`);
    };
    const inUse = !infrastructure.newTables.has(table);
    const left = await writeData(data, now, { dynamodb, table, inUse, signal, progress });
    if (left > 0) notice(`${left} target groups existed and are left as they were`);
  }
  signal.throwIfAborted();

  const processes = new Processes({
    runtime,
    endpoints: { ...proxies, xrayDaemon: options.xrayDaemon ?? process.env['AWS_XRAY_DAEMON_ADDRESS'] },
    access,
    queueUrls,
    log,
    killAfterMs: options.killAfterMs,
    recorder,
    watch: options.watch,
  });
  closers.add(() => processes.stop());
  closers.add(() => Promise.all([gateway.close(GRACE_MILLISECONDS), processes.drain(GRACE_MILLISECONDS)]));
  notice('starting queue pollers and schedules');
  await processes.start();

  const stack: LocalStack = {
    url: gateway.url,
    apiUrl,
    tables: Object.fromEntries(tables.map(({ logicalId, name }) => [logicalId, name])),
    queues: Object.fromEntries(queueUrls),
    functions: Object.fromEntries(runtime.functions.map(({ logicalId, name }) => [logicalId, name])),
    outputs: replaceDomain(readOutputs(template, references), address, gateway.url),
    endpoints: { dynamodb: endpoints.dynamodb, sqs: endpoints.sqs },
    issuer,
    foreignIssuer: foreign,
    sample: seed.sample,
    failure: failure.promise,
    invoke: (logicalId, event) => processes.getPool(logicalId).invoke(JSON.stringify(event)),
    runSchedules: () => processes.schedules.runAll(),
    reportPermissions: () => access.report(),
    stop: () => closers.close(),
  };
  served.stack = stack;
  status.watch(makeSources(recorder, runtime, infrastructure));
  gateway.serve({
    basePath: address.basePath,
    cors: readCors(template, references),
    router: new Router(runtime.routes),
    functions: processes.pools,
    mayInvoke: (route) => access.mayInvoke(route),
  });
  return stack;
}

/** @throws UsageError for a base path below which the stack has routes of its own */
function refuseOwnPath(basePath: string): void {
  const root = getRoot(basePath);
  if (!OWN_ROOTS.includes(root)) return;
  throw new UsageError(
    `basePath: found ${basePath}, expected another path than ${root}, where the local stack has its pages`,
  );
}

/**
 * Synthesizes into a folder named after the port: only one stack can have the port, so none shares the
 * folder.
 */
async function synthesizeFor(
  gateway: Gateway,
  options: LocalStackOptions,
  closers: Closers,
  signal: AbortSignal,
  notice: (text: string) => void,
): Promise<string> {
  notice('synthesizing the stack: some seconds');
  const folder = join(PROJECT, '.local', 'cdk.out', new URL(gateway.url).port);
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const context = await makeLocalContext(gateway.url, options.context ?? {});
  await synthesize(folder, context, signal, notice);
  return folder;
}
