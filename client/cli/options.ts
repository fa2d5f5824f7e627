/** Checks the options of a command and makes a typed command from them. */
import type { Command } from 'commander';
import type { Action } from '../../src/domain/actions.ts';
import { ID_FORMAT, isId, MAX_ACCOUNT_ID, parseAccountId } from '../../src/domain/ids.ts';
import { wholeNumber } from '../../tools/kit/options.ts';
import { shown } from '../../tools/kit/printable.ts';
import { InputError } from '../errors.ts';
import { MAX_PER_JOB } from '../plan.ts';
import type { ClientCredentials } from '../tokens.ts';
import type { Format, IdSource } from './ids.ts';

interface Common {
  readonly baseUrl: string;
  readonly token: string | ClientCredentials;
  readonly retryForMs: number;
  readonly wait: boolean;
  /** Only with `wait`. */
  readonly output: string | undefined;
  /** Lines of JSON, even on a terminal. */
  readonly json: boolean;
}

export interface CreateCommand extends Common {
  readonly name: 'create';
  readonly action: Action;
  readonly account: number;
  readonly project: string;
  readonly source: IdSource;
  readonly key: string | undefined;
  readonly maxPerJob: number;
}

export interface StatusCommand extends Common {
  readonly name: 'status';
  /** URLs, paths, or ids together with account, project and action. */
  readonly jobs: readonly string[];
  readonly account: number | undefined;
  readonly project: string | undefined;
  readonly action: Action | undefined;
}

/** The options as text, from the command line and the environment. */
export interface Given {
  readonly baseUrl?: string;
  readonly token?: string;
  readonly tokenUrl?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly scope?: string;
  readonly audience?: string;
  readonly retryFor: string;
  readonly wait?: boolean;
  readonly output?: string;
  readonly json?: boolean;
  readonly account?: string;
  readonly project?: string;
  readonly file?: string;
  readonly format?: Format;
  readonly column?: string;
  readonly key?: string;
  readonly maxPerJob?: string;
  readonly action?: Action;
}

/**
 * Reads the options of a command that creates jobs.
 * @throws InputError for a missing or wrong option
 */
export function readCreate(action: Action, args: string[], all: Given, command: Command): CreateCommand {
  const given = withoutEmptyVariables(all, command);
  const { file, format, column, key, maxPerJob = '' } = given;
  return {
    ...readCommon(given, command),
    name: 'create',
    action,
    account: accountOf(needed('--account', given.account, 'the id of an account')),
    project: projectOf(needed('--project', given.project, 'the id of a project')),
    source: { args, file, format, column },
    key,
    maxPerJob: wholeNumber('--max-per-job', maxPerJob, 1, MAX_PER_JOB, InputError),
  };
}

/**
 * Reads the options of the command `status`.
 * @throws InputError for a missing or wrong option
 */
export function readStatus(jobs: string[], all: Given, command: Command): StatusCommand {
  const given = withoutEmptyVariables(all, command);
  const { account, project, action } = given;
  return {
    ...readCommon(given, command),
    name: 'status',
    jobs,
    account: account === undefined ? undefined : accountOf(account),
    project: project === undefined ? undefined : projectOf(project),
    action,
  };
}

/**
 * Drops empty environment variables, with which a shell unsets a variable for one command. An empty option is
 * kept, because it is a mistake to report.
 */
function withoutEmptyVariables(given: Given, command: Command): Given {
  const kept = Object.entries(given).filter(
    ([name, value]) => value !== '' || command.getOptionValueSource(name) !== 'env',
  );
  return Object.fromEntries(kept) as unknown as Given;
}

function readCommon(given: Given, command: Command): Common {
  const { wait = false, output, json = false } = given;
  if (output !== undefined && !wait) {
    throw new InputError(
      '--output: found no --wait, expected it: failures are known when the jobs have ended',
    );
  }
  return {
    baseUrl: needed('--base-url', given.baseUrl, 'the URL of the API'),
    token: tokenOf(given, command),
    retryForMs: wholeNumber('--retry-for', given.retryFor, 0, 86_400, InputError) * 1_000,
    wait,
    output,
    json,
  };
}

/** Reads a token or client credentials. The command line takes precedence over the environment. */
function tokenOf(given: Given, command: Command): string | ClientCredentials {
  const { token, tokenUrl, clientId, clientSecret, scope, audience } = given;
  const fromCommandLine = (...names: string[]) =>
    names.some((name) => command.getOptionValueSource(name) === 'cli');
  if (token !== undefined && tokenUrl !== undefined) {
    const tokenFirst = fromCommandLine('token');
    if (tokenFirst === fromCommandLine('tokenUrl')) {
      throw new InputError('--token: found --token-url as well, expected one of both');
    }
    if (tokenFirst) return token;
  } else if (token !== undefined) return token;
  if (tokenUrl === undefined) {
    throw new InputError('--token: found nothing, expected a token in FIELDING_JOBS_TOKEN, or --token-url');
  }
  return {
    tokenUrl,
    clientId: needed('--client-id', clientId, 'that of your OAuth client'),
    clientSecret: needed('--client-secret', clientSecret, 'it in FIELDING_JOBS_CLIENT_SECRET'),
    scope,
    audience,
  };
}

function needed(option: string, value: string | undefined, expected: string): string {
  if (value !== undefined && value !== '') return value;
  throw new InputError(`${option}: found nothing, expected ${expected}`);
}

function accountOf(text: string): number {
  const account = parseAccountId(text);
  if (account !== undefined) return account;
  throw new InputError(
    `--account: found ${shown(text)}, expected a whole number from 1 to ${MAX_ACCOUNT_ID}`,
  );
}

function projectOf(text: string): string {
  if (isId(text)) return text;
  throw new InputError(`--project: found ${shown(text)}, expected ${ID_FORMAT}`);
}
