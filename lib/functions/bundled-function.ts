/** Makes the functions: their bundling and runtime, each with its own role and log group. */
import { join } from 'node:path';
import { Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import {
  type BundlingOptions,
  LogLevel,
  NodejsFunction,
  type NodejsFunctionProps,
  OutputFormat,
} from 'aws-cdk-lib/aws-lambda-nodejs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { KeyVariable, TokenVariable } from '../../src/adapters/lambda/read-environment.ts';
import { SERVICE } from '../../src/observability/metric-names.ts';
import type { Config } from '../config.ts';
import { allowKeyUse } from '../customer-key.ts';
import { allowInterfaces, connectToSubnets } from '../network.ts';
import type { Tables } from '../tables.ts';
import { makeKeyEnvironment, makeTokenEnvironment } from '../token-rules.ts';
import type { WorkQueue } from '../work-queue.ts';

const PROJECT = join(import.meta.dirname, '../..');

const BUNDLING: BundlingOptions = {
  format: OutputFormat.ESM,
  // Prefers a package's ES module, from which esbuild can remove unused code.
  mainFields: ['module', 'main'],
  target: 'node24',
  minify: true,
  sourceMap: true,
  // Stack traces need the line numbers of the sources, not their text, which would make the bundle larger.
  sourcesContent: false,
  // The SDK of the runtime varies with time and region. The bundled one is the version that was tested.
  bundleAwsSDK: true,
  // The Tracer is a file of its own, which is read when it is needed.
  define: { TRACER_FILE: JSON.stringify('./tracer.mjs') },
  commandHooks: {
    beforeBundling: () => [],
    beforeInstall: () => [],
    afterBundling: (_project, folder) => [makeTracerCommand(folder)],
  },
  esbuildArgs: {
    // Lambda puts the credentials into the environment, so the SDK's other providers are not needed (ADR 28).
    '--alias:@aws-sdk/credential-provider-node': join(PROJECT, 'src/adapters/lambda/credentials.ts'),
  },
  logLevel: LogLevel.WARNING,
};

/**
 * Makes the command that bundles the Tracer beside a function. In the function's own file, it made each start
 * a tenth longer, though nothing of it ran (ADR 33).
 */
function makeTracerCommand(folder: string): string {
  return [
    join('node_modules', '.bin', 'esbuild'),
    join('src', 'observability', 'tracer.ts'),
    `--outfile="${join(folder, 'tracer.mjs')}"`,
    '--bundle --platform=node --format=esm --main-fields=module,main --target=node24',
    '--minify --sourcemap --sources-content=false --log-level=warning',
    // So that nothing of a recorded invocation makes the later ones slower.
    `"--alias:async_hooks=${join(PROJECT, 'src/observability/no-async-hooks.ts')}"`,
    `"--alias:semver=${join(PROJECT, 'src/observability/no-semver.ts')}"`,
    // The X-Ray SDK is CommonJS: it calls `require` for modules of Node.js, which an ES module does not have.
    '"--banner:js=const require=(name)=>process.getBuiltinModule(name);"',
  ].join(' ');
}

/** The parts of the stack that the functions use. */
export interface StackParts {
  readonly config: Config;
  readonly tables: Tables;
  readonly chunks: WorkQueue;
  readonly giveUps: WorkQueue;
}

/** The specification of a function. Each function has a file in this folder. */
export interface FunctionSpec {
  readonly description: string;
  /**
   * Memory in MB. The CPU grows with it; 1,769 MB have one vCPU:
   * https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
   */
  readonly memorySize: number;
  readonly timeoutSeconds: number;
  /**
   * Maximum number of concurrent invocations, which are also reserved for the function. Undefined: the
   * function shares the concurrency of the account (ADR 20). AWS refuses a reservation that leaves the
   * account fewer than 100, and a new account may have 10 in all:
   * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
   */
  readonly reservedConcurrency?: number | undefined;
  /** Whether its environment has the variables for the verification of tokens. */
  readonly verifiesTokens: boolean;
  /** Whether its environment has the variables for the keys of the token issuer. */
  readonly fetchesKeys: boolean;
  /** Whether its environment has the namespace of the metrics. */
  readonly reportsMetrics: boolean;
  /** The variables of this function alone. */
  readonly environment: Readonly<Record<string, string>>;
  /** Its permissions besides its logs and traces: the actions that it uses, on the resources that it uses. */
  readonly grants: readonly PolicyStatement[];
}

/**
 * The specification of a function whose entry file reads the variables of `Environment`. One with more
 * variables, or fewer, does not compile.
 */
export interface FunctionSpecFor<Environment extends object> extends FunctionSpec {
  readonly verifiesTokens: TokenVariable extends keyof Environment ? true : false;
  readonly fetchesKeys: KeyVariable extends keyof Environment ? true : false;
  readonly environment: ValueOfEach<Omit<Environment, TokenVariable | KeyVariable>>;
}

/** A variable that the function can do without may be left out. */
type ValueOfEach<Variables extends object> = Readonly<
  // Without this case, TypeScript would accept any object where there are no variables.
  [keyof Variables] extends [never]
    ? Record<string, never>
    : { [Name in keyof Variables as undefined extends Variables[Name] ? never : Name]: string } & {
        [Name in keyof Variables as undefined extends Variables[Name] ? Name : never]?: string;
      }
>;

/** Allows actions on one resource. */
export function allow(resource: string, ...actions: string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources: [resource] });
}

export interface BundledFunctionProps {
  /** The name of its entry file in lambdas/, without the extension. */
  readonly name: string;
  readonly spec: FunctionSpec;
  readonly config: Config;
  readonly logGroup: ILogGroup;
}

/** A function, bundled from its entry file. */
export class BundledFunction extends NodejsFunction {
  /** Memory in MB, by which Lambda bills the duration. */
  readonly memorySize: number;

  constructor(scope: Construct, id: string, { name, spec, config, logGroup }: BundledFunctionProps) {
    super(scope, id, {
      description: spec.description,
      entry: join(PROJECT, 'lambdas', `${name}.ts`),
      // CDK bundles from the folder of this file. By default it searches upwards from the working directory.
      depsLockFilePath: join(PROJECT, 'package-lock.json'),
      bundling: BUNDLING,
      ...useBundle(scope, id),
      runtime: Runtime.NODEJS_24_X,
      architecture: config.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      memorySize: spec.memorySize,
      timeout: Duration.seconds(spec.timeoutSeconds),
      ...(spec.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: spec.reservedConcurrency,
      }),
      environment: makeEnvironment(spec, config),
      role: makeFunctionRole(scope, `${id}Role`, name, [allowLogWrites(logGroup), ...spec.grants], config),
      // CDK adds the statement for X-Ray, which AWS accepts only for the resource `*`.
      tracing: config.tracing === 'active' ? Tracing.ACTIVE : Tracing.DISABLED,
      logGroup,
      // The functions write lines of JSON themselves. Lambda's own JSON format would wrap them again.
      loggingFormat: LoggingFormat.TEXT,
    });
    this.memorySize = spec.memorySize;
    connectToSubnets(this, config);
  }
}

/** Returns the code that was bundled before, if the context key `bundles` has its folder by this id. */
function useBundle(scope: Construct, id: string): Pick<NodejsFunctionProps, 'code' | 'handler'> {
  const bundles = scope.node.tryGetContext('bundles') as Readonly<Record<string, string>> | undefined;
  const folder = bundles?.[id];
  return folder === undefined ? {} : { code: Code.fromAsset(folder), handler: 'index.handler' };
}

/** Makes the environment: the variables of all functions, of several functions, and of this one. */
function makeEnvironment(spec: FunctionSpec, config: Config): Record<string, string> {
  return {
    POWERTOOLS_SERVICE_NAME: SERVICE,
    POWERTOOLS_LOG_LEVEL: config.logLevel,
    POWERTOOLS_LOGGER_SAMPLE_RATE: String(config.debugSampleRate),
    // Without active tracing, Lambda passes on a header that says to record. This is Powertools' variable.
    ...(config.tracing === 'off' && { POWERTOOLS_TRACE_ENABLED: 'false' }),
    // Stack traces then name the sources, not the single long line of the bundle.
    NODE_OPTIONS: '--enable-source-maps',
    // One namespace per stack, so that two stacks of an account do not mix their metrics.
    ...(spec.reportsMetrics && { POWERTOOLS_METRICS_NAMESPACE: config.stackName }),
    ...(spec.fetchesKeys && makeKeyEnvironment(config)),
    ...(spec.verifiesTokens && makeTokenEnvironment(config)),
    ...spec.environment,
  };
}

function allowLogWrites(logGroup: ILogGroup): PolicyStatement {
  return allow(logGroup.logGroupArn, 'logs:CreateLogStream', 'logs:PutLogEvents');
}

/** Makes the role of a function. AWS's managed policy would also allow writes to the logs of all others. */
function makeFunctionRole(
  scope: Construct,
  id: string,
  name: string,
  grants: readonly PolicyStatement[],
  config: Config,
): Role {
  const role = new Role(scope, id, {
    description: `Role of the function ${name}`,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  const onKey = config.kmsKeyArn === undefined ? [] : allowKeyUse(config.kmsKeyArn, grants);
  for (const grant of [...grants, ...onKey, ...allowInterfaces(config)]) role.addToPolicy(grant);
  const reasons = [
    ...(config.tracing === 'active' ? ['X-Ray has no resources to name: its two write actions.'] : []),
    ...(config.subnetIds === undefined
      ? []
      : ['Network interfaces, which have no ids before they are made.']),
  ];
  if (reasons.length > 0) {
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: `Granted on * or not at all: ${reasons.join(' ')}`,
    });
  }
  return role;
}
