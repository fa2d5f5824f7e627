/** What the functions have in common: how they are described, bundled and run, each with a role and logs of its own. */
import { join } from 'node:path';
import { Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { TokenVariable } from '../../src/adapters/lambda/environment.ts';
import { SERVICE } from '../../src/observability/metric-names.ts';
import type { ChunksQueue } from '../chunks-queue.ts';
import type { Config } from '../config.ts';
import type { Tables } from '../tables.ts';

const PROJECT = join(import.meta.dirname, '../..');

const BUNDLING: BundlingOptions = {
  format: OutputFormat.ESM,
  // Packages that ship both: their ES module, which esbuild can shake.
  mainFields: ['module', 'main'],
  target: 'node24',
  minify: true,
  sourceMap: true,
  // The map is to name a line of the source; the source itself would only make the bundle larger.
  sourcesContent: false,
  // The SDK of the runtime changes with time and region; ours is the one the tests ran with.
  bundleAwsSDK: true,
  esbuildArgs: {
    // Lambda gives a function its credentials in the environment; the SDK's other providers never get a turn.
    '--alias:@aws-sdk/credential-provider-node': join(PROJECT, 'src/adapters/lambda/credentials.ts'),
  },
  logLevel: LogLevel.WARNING,
};

/** What the functions are made of. */
export interface StackParts {
  readonly config: Config;
  readonly tables: Tables;
  readonly chunks: ChunksQueue;
}

/** What one function is, and why: each has a file beside this one. */
export interface FunctionSpec {
  readonly description: string;
  /** Memory in MB. The share of a CPU grows with it: 1,769 MB are one whole. */
  readonly memorySize: number;
  readonly timeoutSeconds: number;
  /**
   * The most invocations at a time, which are kept free for it as well; undefined for a share in what the
   * account has. Nothing by default: a reservation that leaves an account with fewer than 100 is refused by
   * AWS, and a new account may have no more than 10 in all.
   */
  readonly reservedConcurrency?: number | undefined;
  /** Whether its environment has what tokens are verified by. */
  readonly verifiesTokens: boolean;
  /** Whether its environment has the namespace of the metrics. */
  readonly reportsMetrics: boolean;
  /** The variables that are its own. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it may do, besides writing its logs and traces: the actions that it uses, on the resources that it uses. */
  readonly grants: readonly PolicyStatement[];
}

/**
 * The spec of a function whose entry reads the variables of `Environment`. One that sets more of them, or
 * fewer, does not compile.
 */
export interface FunctionSpecFor<Environment extends object> extends FunctionSpec {
  readonly verifiesTokens: TokenVariable extends keyof Environment ? true : false;
  readonly environment: ValueOfEach<Exclude<keyof Environment & string, TokenVariable>>;
}

type ValueOfEach<Name extends string> = Readonly<
  // TypeScript takes any object for one of no properties.
  [Name] extends [never] ? Record<string, never> : Record<Name, string>
>;

/** Allows actions on one resource. */
export function allow(resource: string, ...actions: string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources: [resource] });
}

export interface BundledFunctionProps {
  /** The name of its entry file in lambdas/. */
  readonly name: string;
  readonly spec: FunctionSpec;
  readonly config: Config;
  readonly logGroup: ILogGroup;
}

/** A function, bundled from its entry file. */
export class BundledFunction extends NodejsFunction {
  /** In MB: what its time is billed by. */
  readonly memorySize: number;

  constructor(scope: Construct, id: string, { name, spec, config, logGroup }: BundledFunctionProps) {
    super(scope, id, {
      description: spec.description,
      entry: join(PROJECT, 'lambdas', `${name}.ts`),
      // Its folder is the root of what CDK bundles. Unnamed, CDK looks for one from the working directory
      // upwards.
      depsLockFilePath: join(PROJECT, 'package-lock.json'),
      bundling: BUNDLING,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: spec.memorySize,
      timeout: Duration.seconds(spec.timeoutSeconds),
      ...(spec.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: spec.reservedConcurrency,
      }),
      environment: environmentOf(spec, config),
      role: functionRole(scope, `${id}Role`, name, [writeLogs(logGroup), ...spec.grants]),
      // CDK adds the statement for X-Ray, the one whose resource AWS does not let us name.
      tracing: Tracing.ACTIVE,
      logGroup,
      // The functions write lines of JSON themselves; Lambda's own JSON format would wrap them once more.
      loggingFormat: LoggingFormat.TEXT,
    });
    this.memorySize = spec.memorySize;
  }
}

/** The variables that every function gets, then those that several get, then its own. */
function environmentOf(spec: FunctionSpec, config: Config): Record<string, string> {
  const tokens: Record<TokenVariable, string> = {
    TOKEN_ISSUER: config.issuer,
    TOKEN_AUDIENCE: config.audience,
    TOKEN_JWKS_URL: config.jwksUrl,
    TOKEN_ACCOUNTS_CLAIM: config.accountsClaim,
    TOKEN_SCOPES_CLAIM: config.scopesClaim,
  };
  return {
    POWERTOOLS_SERVICE_NAME: SERVICE,
    POWERTOOLS_LOG_LEVEL: config.logLevel,
    POWERTOOLS_LOGGER_SAMPLE_RATE: String(config.debugSampleRate),
    // Stack traces in the logs name the sources, not the one long line of the bundle.
    NODE_OPTIONS: '--enable-source-maps',
    // One namespace per stack, so that two stacks of an account do not mix their metrics.
    ...(spec.reportsMetrics && { POWERTOOLS_METRICS_NAMESPACE: config.stackName }),
    ...(spec.verifiesTokens && tokens),
    ...spec.environment,
  };
}

function writeLogs(logGroup: ILogGroup): PolicyStatement {
  return allow(logGroup.logGroupArn, 'logs:CreateLogStream', 'logs:PutLogEvents');
}

/** A role for one function. AWS's managed policy would let it write to the logs of every other as well. */
function functionRole(scope: Construct, id: string, name: string, grants: readonly PolicyStatement[]): Role {
  const role = new Role(scope, id, {
    description: `Role of the function ${name}`,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  for (const grant of grants) role.addToPolicy(grant);
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'X-Ray has no resources to name: its two write actions are granted on * or not at all.',
  });
  return role;
}
