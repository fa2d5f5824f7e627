/** Explains why DynamoDB refuses an import: what was named wrong, and where the right name is. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { adviseOnNetwork, findNetworkFault } from '../kit/network-faults.ts';
import { readProxySettings } from '../kit/proxy-settings.ts';
import { getErrorMessage, isError, UsageError } from '../kit/tool-errors.ts';

interface Target {
  readonly table: string;
  readonly region: string;
  /** Address of an emulator. */
  readonly endpoint: string | undefined;
}

const TABLE_ADVICE = 'the name is the output TargetGroupsTable of the stack';
const REGION_ADVICE = 'name the region of the stack with --region or AWS_REGION';

/**
 * Returns the error to show instead of one of the AWS client. What cannot have written anything is a
 * UsageError. Error names: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
export function explainFailure(error: unknown, { table, region, endpoint }: Target): unknown {
  if (!isError(error)) return error;
  const place = `--table ${table}, ${endpoint === undefined ? `region ${region}` : `--endpoint ${endpoint}`}`;
  const { message } = error;
  switch (error.name) {
    case 'ResourceNotFoundException':
      return new UsageError(
        `${place}: there is no such table; ${TABLE_ADVICE}${endpoint === undefined ? `; ${REGION_ADVICE}` : ''}`,
      );
    case 'ValidationException':
      return new UsageError(`${place}: not a table of target groups (${message}); ${TABLE_ADVICE}`);
    case 'AccessDeniedException':
      return new Error(`${place}: not allowed (${message}); ${REGION_ADVICE}`, { cause: error });
    case 'UnrecognizedClientException':
    case 'InvalidSignatureException':
    case 'ExpiredTokenException':
    case 'CredentialsProviderError':
      return new Error(`${place}: the AWS credentials are refused or missing (${message})`, { cause: error });
    default:
  }
  const fault = findNetworkFault(error);
  if (fault === undefined) return error;
  if (fault.kind === 'host' && endpoint === undefined && readProxySettings(process.env) === undefined) {
    return new UsageError(
      `${place}: there is no such region, or no network (${message}); ${REGION_ADVICE}. Behind a proxy, set HTTPS_PROXY.`,
    );
  }
  const named = endpoint === undefined ? '--region' : '--endpoint';
  const proxied = endpoint === undefined && readProxySettings(process.env) !== undefined;
  return new UsageError(`${place}: ${message}\n${adviseOnNetwork(fault, named, proxied)}`);
}

/**
 * Lets a host that is unknown, an address that refuses, and the like end the first write at once, with the
 * error that explains it. The AWS client takes them for outages and repeats them 12 times. They may be
 * outages after a first answer.
 */
export function endAtWrongAddress(client: DynamoDBClient, target: Target): void {
  let hasAnswered = false;
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        const answer = await next(args);
        hasAnswered = true;
        return answer;
      } catch (error) {
        const fault = findNetworkFault(error);
        if (fault !== undefined && (fault.always || !hasAnswered)) throw explainFailure(error, target);
        if (fault === undefined) hasAnswered = true;
        throw error;
      }
    },
    // The step within each attempt: https://aws.amazon.com/blogs/developer/middleware-stack-modular-aws-sdk-js/
    { step: 'deserialize', name: 'endAtWrongAddress', priority: 'low' },
  );
}

/**
 * Reads the region of an AWS client.
 * @throws UsageError when none is configured, or when it is no name of one
 */
export async function readRegion(client: { config: { region(): Promise<string> } }): Promise<string> {
  try {
    return await client.config.region();
  } catch (error) {
    throw new UsageError(`--region: ${getErrorMessage(error)}; ${REGION_ADVICE}`);
  }
}
