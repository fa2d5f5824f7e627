/** One function: its bundle, its runtime, its own role and its own logs. */
import { join } from 'node:path';
import { Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { FUNCTION_SIZES, type FunctionName } from './function-sizes.ts';

const PROJECT = join(import.meta.dirname, '..');

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

export interface BundledFunctionProps {
  readonly name: FunctionName;
  readonly timeoutSeconds: number;
  /** Most invocations at a time, kept free for it; undefined for a share in what the account has. */
  readonly reservedConcurrency: number | undefined;
  readonly environment: Record<string, string>;
  /** What the function may do, besides writing its logs and traces. */
  readonly statements: readonly PolicyStatement[];
  readonly logGroup: ILogGroup;
}

/** Makes the function of an entry file in lambdas/. */
export function bundledFunction(scope: Construct, id: string, props: BundledFunctionProps): NodejsFunction {
  const size = FUNCTION_SIZES[props.name];
  return new NodejsFunction(scope, id, {
    description: size.description,
    entry: join(PROJECT, 'lambdas', `${props.name}.ts`),
    // Its folder is the root of what CDK bundles. Unnamed, CDK looks for one from the working directory upwards.
    depsLockFilePath: join(PROJECT, 'package-lock.json'),
    bundling: BUNDLING,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: size.memorySize,
    timeout: Duration.seconds(props.timeoutSeconds),
    ...(props.reservedConcurrency !== undefined && {
      reservedConcurrentExecutions: props.reservedConcurrency,
    }),
    environment: props.environment,
    role: functionRole(scope, `${id}Role`, props),
    // CDK adds the statement for X-Ray, the one whose resource AWS does not let us name.
    tracing: Tracing.ACTIVE,
    logGroup: props.logGroup,
    // The functions write lines of JSON themselves; Lambda's own JSON format would wrap them once more.
    loggingFormat: LoggingFormat.TEXT,
  });
}

/** A role for one function. AWS's managed policy would let it write to the logs of every other as well. */
function functionRole(scope: Construct, id: string, props: BundledFunctionProps): Role {
  const role = new Role(scope, id, {
    description: `Role of the function ${props.name}`,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  const writeLogs = new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [props.logGroup.logGroupArn],
  });
  for (const statement of [writeLogs, ...props.statements]) role.addToPolicy(statement);
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'X-Ray has no resources to name: its two write actions are granted on * or not at all.',
  });
  return role;
}
