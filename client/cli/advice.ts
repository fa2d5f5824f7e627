/** Tells the user what to do after the command has failed or was interrupted. */
import { decodeJwt } from 'jose';
import { IDEMPOTENCY_KEY } from '../../api/header-names.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import { formatTimeLeft } from '../../tools/kit/bar.ts';
import { adviseOnNetwork, findNetworkFault } from '../../tools/kit/network-faults.ts';
import { readProxySettings } from '../../tools/kit/proxy-settings.ts';
import { RefusedError, UnreachableError } from '../client-errors.ts';
import type { CreateCommand, StatusCommand } from './cli-options.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** What a command has done before it failed. */
export interface Attempt {
  /** Undefined when the command line is wrong. */
  command: CreateCommand | StatusCommand | undefined;
  /** Idempotency key of the command; undefined when nothing was sent. */
  key: string | undefined;
  /** URLs of the jobs that were accepted or are followed. */
  locations: string[];
}

/** Of more jobs the addresses would fill the screen. */
const MOST_NAMED = 5;

/**
 * Makes the advice for an error.
 * @returns undefined when the error says enough
 */
export function makeAdvice(error: Error, exitCode: ExitCode, attempt: Attempt): string | undefined {
  const { key } = attempt;
  const again =
    key === undefined ? undefined : `Repeat the command with --key ${key}: nothing is done twice.`;
  if (exitCode === EXIT.badInput) return undefined;
  if (exitCode === EXIT.interrupted) return joinLines(adviseOnFollowing(attempt), again);
  if (error instanceof UnreachableError) return joinLines(adviseOnConnection(error), again);
  if (!(error instanceof RefusedError)) return again;
  const faults = new Set(error.invalidParams.map(({ name }) => name));
  if (faults.has(IDEMPOTENCY_KEY)) {
    return 'The key was used for other target groups, or with another --max-per-job. Use a new key, or repeat what the key was used for.';
  }
  if (faults.has('target_group_ids')) {
    return 'If this deployment takes fewer target groups in a job, set --max-per-job. The key can be used again.';
  }
  const cause =
    error.by === 'issuer'
      ? adviseOnIssuer(error)
      : error.status === 401
        ? adviseOnToken(attempt.command?.token)
        : undefined;
  if (cause !== undefined) return joinWords(cause, again);
  return again === undefined ? undefined : `When that is corrected: ${again}`;
}

function joinLines(...lines: (string | undefined)[]): string | undefined {
  const given = lines.filter((line) => line !== undefined);
  return given.length === 0 ? undefined : given.join('\n');
}

function joinWords(...sentences: (string | undefined)[]): string {
  return sentences.filter((sentence) => sentence !== undefined).join(' ');
}

function adviseOnConnection({ cause }: UnreachableError): string | undefined {
  const fault = findNetworkFault(cause);
  const proxied = readProxySettings(process.env) !== undefined;
  return fault && adviseOnNetwork(fault, '--base-url (for a token: --token-url)', proxied);
}

/** Says that the jobs go on, and how to follow them. */
function adviseOnFollowing({ command, key, locations }: Attempt): string | undefined {
  const [only] = locations;
  if (command === undefined || only === undefined) return undefined;
  const jobs = locations.length === 1 ? 'The job goes on' : `${locations.length} jobs go on`;
  if (locations.length > MOST_NAMED) {
    return `${jobs}. To follow them, repeat the command ${key === undefined ? 'with --wait' : `with --key ${key} --wait`}.`;
  }
  return `${jobs}. To follow: fielding-jobs status --wait --base-url ${command.baseUrl} ${locations.join(' ')}`;
}

/** Error codes of token endpoints: RFC 6749, section 5.2, and RFC 8707, section 2. */
function adviseOnIssuer({ status, detail }: RefusedError): string {
  switch (detail) {
    case 'invalid_scope':
      return 'The issuer refuses the scope: check --scope (FIELDING_JOBS_SCOPE).';
    case 'invalid_target':
      return 'The issuer refuses the resource or the audience: check --resource (FIELDING_JOBS_RESOURCE) and --audience (FIELDING_JOBS_AUDIENCE).';
    case 'unauthorized_client':
    case 'unsupported_grant_type':
      return 'The issuer does not give this client tokens by client credentials: allow it there.';
    case 'invalid_client':
      return CLIENT_ADVICE;
    default:
      return status === 401
        ? CLIENT_ADVICE
        : 'The issuer gives no token: check --token-url, --scope, --audience and --resource.';
  }
}

const CLIENT_ADVICE =
  'The issuer refuses the client id or the client secret: check --client-id (FIELDING_JOBS_CLIENT_ID) and FIELDING_JOBS_CLIENT_SECRET. If both are right, try --client-auth post, or basic.';

/** Says which token the API refuses and, if the token shows it, why. */
function adviseOnToken(token: CreateCommand['token'] | undefined): string {
  if (typeof token !== 'string') {
    return 'The API refuses the token that the issuer has given: check --token-url, --audience, --resource and --scope.';
  }
  const named = 'The API refuses the token of --token or FIELDING_JOBS_TOKEN';
  const { exp, nbf } = readTimes(token);
  const now = Date.now();
  if (exp !== undefined && exp * 1_000 <= now) {
    const since = now - exp * 1_000;
    return `${named}, which has expired at ${formatTimestamp(exp * 1_000)}, ${formatTimeLeft(since)} ago: get another.`;
  }
  if (nbf !== undefined && nbf * 1_000 > now) {
    return `${named}, which is not valid before ${formatTimestamp(nbf * 1_000)}: wait, or get another.`;
  }
  const validity =
    exp === undefined
      ? 'It is wrong or has expired'
      : 'It has not expired, but is of another issuer or for another API';
  return `${named}. ${validity}: get another.`;
}

/** Reads the times of a JWT, in seconds; its signature is the API's affair. */
function readTimes(token: string): { exp?: number | undefined; nbf?: number | undefined } {
  try {
    const { exp, nbf } = decodeJwt(token.trim());
    const keep = (time: unknown) => (typeof time === 'number' && Math.abs(time) < 8.64e12 ? time : undefined);
    return { exp: keep(exp), nbf: keep(nbf) };
  } catch {
    return {};
  }
}
