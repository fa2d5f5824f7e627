/**
 * Makes the environment of a function: Lambda's variables and the template's, and only PATH of this machine.
 */
import { CREDENTIALS, REGION } from '../../kit/emulator.ts';
import { getAccessKey } from '../iam/access.ts';
import type { LambdaFunction } from '../template/read-functions.ts';

export interface ServiceEndpoints {
  readonly dynamodb: string;
  readonly sqs: string;
  /** `host:port` of a daemon that receives trace segments; without it the functions make none. */
  readonly xrayDaemon?: string | undefined;
}

export function makeEnvironment(
  lambda: LambdaFunction,
  endpoints: ServiceEndpoints,
  logStream: string,
): Record<string, string> {
  return {
    _HANDLER: lambda.handler,
    AWS_ACCESS_KEY_ID: getAccessKey(lambda),
    AWS_DEFAULT_REGION: REGION,
    AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split('.')[0] ?? ''}.x`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memoryMegabytes),
    AWS_LAMBDA_FUNCTION_NAME: lambda.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_FORMAT: 'Text',
    AWS_LAMBDA_LOG_GROUP_NAME: lambda.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_REGION: REGION,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    LAMBDA_TASK_ROOT: lambda.codePath,
    PATH: process.env['PATH'] ?? '',
    TZ: ':UTC',
    ...lambda.environment,
    // Calls go to the emulators instead of AWS, without the user's own AWS profile.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    ...(endpoints.xrayDaemon !== undefined && { AWS_XRAY_DAEMON_ADDRESS: endpoints.xrayDaemon }),
  };
}
