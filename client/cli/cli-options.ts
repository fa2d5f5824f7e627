/** Checks the options of a command and makes a typed command from them. */
import type { Command } from 'commander';
import type { Action } from '../../src/domain/actions.ts';
import { ID_FORMAT, isId, MAX_ACCOUNT_ID, parseAccountId } from '../../src/domain/ids.ts';
import { parseWholeNumber } from '../../tools/kit/option-values.ts';
import { quoteExcerpt } from '../../tools/kit/printable.ts';
import { InputError } from '../client-errors.ts';
import { MAX_PER_JOB } from '../job-plan.ts';
import type { ClientCredentials } from '../access-tokens.ts';
import type { Format, IdSource } from './read-ids.ts';

interface CommonOptions {
  readonly baseUrl: string;
  readonly token: string | ClientCredentials;
  readonly retryForMs: number;
  readonly wait: boolean;
  /** Only with `wait`. */
  readonly output: string | undefined;
  /** Lines of JSON, even on a terminal. */
  readonly json: boolean;
}

export interface CreateCommand extends CommonOptions {
  readonly name: 'create';
  readonly action: Action;
  readonly account: number;
  readonly project: string;
  readonly source: IdSource;
  readonly key: string | undefined;
  readonly maxPerJob: number;
}

export interface StatusCommand extends CommonOptions {
  readonly name: 'status';
  /** URLs, paths, or ids together with account, project and action. */
  readonly jobs: readonly string[];
  readonly account: number | undefined;
  readonly project: string | undefined;
  readonly action: Action | undefined;
}

/** The options as text, from the command line and the environment. */
export interface GivenOptions {
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
export function readCreateCommand(
  action: Action,
  args: string[],
  all: GivenOptions,
  command: Command,
): CreateCommand {
  const given = dropEmptyVariables(all, command);
  const { file, format, column, key, maxPerJob = '' } = given;
  return {
    ...readCommonOptions(given, command),
    name: 'create',
    action,
    account: parseAccount(requireOption('--account', given.account, 'the id of an account')),
    project: parseProject(requireOption('--project', given.project, 'the id of a project')),
    source: { args, file, format, column },
    key,
    maxPerJob: parseWholeNumber('--max-per-job', maxPerJob, 1, MAX_PER_JOB, InputError),
  };
}

/**
 * Reads the options of the command `status`.
 * @throws InputError for a missing or wrong option
 */
export function readStatusCommand(jobs: string[], all: GivenOptions, command: Command): StatusCommand {
  const given = dropEmptyVariables(all, command);
  const { account, project, action } = given;
  return {
    ...readCommonOptions(given, command),
    name: 'status',
    jobs,
    account: account === undefined ? undefined : parseAccount(account),
    project: project === undefined ? undefined : parseProject(project),
    action,
  };
}

/**
 * Drops empty environment variables, with which a shell unsets a variable for one command. An empty option is
 * kept, because it is a mistake to report.
 */
function dropEmptyVariables(given: GivenOptions, command: Command): GivenOptions {
  const kept = Object.entries(given).filter(
    ([name, value]) => value !== '' || command.getOptionValueSource(name) !== 'env',
  );
  return Object.fromEntries(kept) as unknown as GivenOptions;
}

function readCommonOptions(given: GivenOptions, command: Command): CommonOptions {
  const { wait = false, output, json = false } = given;
  if (output !== undefined && !wait) {
    throw new InputError(
      '--output: found no --wait, expected it: failures are known when the jobs have ended',
    );
  }
  return {
    baseUrl: requireOption('--base-url', given.baseUrl, 'the URL of the API'),
    token: readToken(given, command),
    retryForMs: parseWholeNumber('--retry-for', given.retryFor, 0, 86_400, InputError) * 1_000,
    wait,
    output,
    json,
  };
}

/** Reads a token or client credentials. The command line takes precedence over the environment. */
function readToken(given: GivenOptions, command: Command): string | ClientCredentials {
  const { token, tokenUrl, clientId, clientSecret, scope, audience } = given;
  const isFromCommandLine = (...names: string[]) =>
    names.some((name) => command.getOptionValueSource(name) === 'cli');
  if (token !== undefined && tokenUrl !== undefined) {
    const tokenFirst = isFromCommandLine('token');
    if (tokenFirst === isFromCommandLine('tokenUrl')) {
      throw new InputError('--token: found --token-url as well, expected one of both');
    }
    if (tokenFirst) return token;
  } else if (token !== undefined) return token;
  if (tokenUrl === undefined) {
    throw new InputError('--token: found nothing, expected a token in FIELDING_JOBS_TOKEN, or --token-url');
  }
  return {
    tokenUrl,
    clientId: requireOption('--client-id', clientId, 'that of your OAuth client'),
    clientSecret: requireOption('--client-secret', clientSecret, 'it in FIELDING_JOBS_CLIENT_SECRET'),
    scope,
    audience,
  };
}

function requireOption(option: string, value: string | undefined, expected: string): string {
  if (value !== undefined && value !== '') return value;
  throw new InputError(`${option}: found nothing, expected ${expected}`);
}

function parseAccount(text: string): number {
  const account = parseAccountId(text);
  if (account !== undefined) return account;
  throw new InputError(
    `--account: found ${quoteExcerpt(text)}, expected a whole number from 1 to ${MAX_ACCOUNT_ID}`,
  );
}

function parseProject(text: string): string {
  if (isId(text)) return text;
  throw new InputError(`--project: found ${quoteExcerpt(text)}, expected ${ID_FORMAT}`);
}
