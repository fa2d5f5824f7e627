/** Checks the options of a command and makes a typed command from them. */
import type { Command } from 'commander';
import type { Action } from '../../src/domain/actions.ts';
import { ID_FORMAT, isId, MAX_ACCOUNT_ID, parseAccountId } from '../../src/domain/ids.ts';
import { parseChoice, parseWholeNumber } from '../../tools/kit/option-values.ts';
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
  readonly clientAuth?: string;
  readonly scope?: string;
  readonly audience?: string;
  readonly resource?: string;
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
  const { file, format, column, key, maxPerJob = '', account = '', project = '' } = given;
  requireSettings(given, ['account', 'project']);
  return {
    ...readCommonOptions(given, command),
    name: 'create',
    action,
    account: parseAccount(account),
    project: parseProject(project),
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
  requireSettings(given, []);
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
    baseUrl: given.baseUrl ?? '',
    token: readToken(given, command),
    retryForMs: parseWholeNumber('--retry-for', given.retryFor, 0, 86_400, InputError) * 1_000,
    wait,
    output,
    json,
  };
}

/** Reads a token or client credentials. The command line takes precedence over the environment. */
function readToken(given: GivenOptions, command: Command): string | ClientCredentials {
  const { token, tokenUrl, clientId = '', clientSecret = '', ...more } = given;
  const isFromCommandLine = (...names: string[]) =>
    names.some((name) => command.getOptionValueSource(name) === 'cli');
  if (token !== undefined && tokenUrl !== undefined) {
    const tokenFirst = isFromCommandLine('token');
    if (tokenFirst === isFromCommandLine('tokenUrl')) {
      throw new InputError('--token: found --token-url as well, expected one of both');
    }
    if (tokenFirst) return token;
  } else if (token !== undefined) return token;
  const { clientAuth: how = 'basic', scope, audience, resource } = more;
  const clientAuth = parseChoice('--client-auth', how, ['basic', 'post']);
  return { tokenUrl: tokenUrl ?? '', clientId, clientSecret, clientAuth, scope, audience, resource };
}

/** The settings without a default: option, what is expected of it, and its variable. */
const SETTINGS = {
  baseUrl: '--base-url: found nothing, expected the URL of the API, here or in FIELDING_JOBS_BASE_URL',
  token:
    '--token: found nothing, expected a token in FIELDING_JOBS_TOKEN, or --token-url (FIELDING_JOBS_TOKEN_URL) with --client-id and --client-secret',
  clientId:
    '--client-id: found nothing, expected that of your OAuth client, here or in FIELDING_JOBS_CLIENT_ID',
  clientSecret: '--client-secret: found nothing, expected it in FIELDING_JOBS_CLIENT_SECRET',
  account: '--account: found nothing, expected the id of an account, here or in FIELDING_JOBS_ACCOUNT',
  project: '--project: found nothing, expected the id of a project, here or in FIELDING_JOBS_PROJECT',
} as const;

/** @throws InputError that names all settings that are missing, one a line */
function requireSettings(given: GivenOptions, more: readonly ('account' | 'project')[]): void {
  const ofToken = given.tokenUrl ? (['clientId', 'clientSecret'] as const) : (['token'] as const);
  const missing = (['baseUrl', ...(given.token ? [] : ofToken), ...more] as const).filter(
    (name) => given[name] === undefined || given[name] === '',
  );
  if (missing.length > 0) throw new InputError(missing.map((name) => SETTINGS[name]).join('\n'));
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
