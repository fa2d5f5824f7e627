/** The command line: its commands and options, and what they come to. */
import { Command, CommanderError, Option } from 'commander';
import { ACTION_NAMES, type Action } from '../../src/domain/actions.ts';
import { ID_FORMAT, isId, MAX_ACCOUNT_ID, parseAccountId } from '../../src/domain/ids.ts';
import { InputError } from '../errors.ts';
import { MAX_PER_JOB } from '../plan.ts';
import { shown } from '../shown.ts';
import type { ClientCredentials } from '../tokens.ts';
import { DESCRIPTION, EXAMPLES, examplesOf, STATUS_EXAMPLES, summaryOf } from './help.ts';
import { type Format, FORMATS, type IdSource } from './ids.ts';

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
  /** URLs, paths or, with the parts of an address, ids. */
  readonly jobs: readonly string[];
  readonly account: number | undefined;
  readonly project: string | undefined;
  readonly action: Action | undefined;
}

interface Given {
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
 * @param write for help
 * @returns undefined when help or the version is asked for
 * @throws InputError
 */
export function parseCommandLine(
  argv: readonly string[],
  version: string,
  write: (text: string) => void,
): CreateCommand | StatusCommand | undefined {
  let parsed: CreateCommand | StatusCommand | undefined;
  const program = new Command('fielding-jobs')
    .description(DESCRIPTION)
    .version(version)
    .addHelpText('after', EXAMPLES);
  const commands = ACTION_NAMES.map((action) =>
    createOptions(program.command(action).summary(summaryOf(action)).description(summaryOf(action)))
      .addHelpText('after', examplesOf(action))
      .action((args: string[], given: Given, command: Command) => {
        parsed = readCreate(action, args, given, command);
      }),
  );
  const status = program
    .command('status')
    .summary('tell how far jobs are, and how they ended')
    .description('Tells how far jobs are, and how they ended.')
    .argument('<jobs...>', 'URLs of jobs; or ids, with --account, --project and --action');
  accountOptions(status)
    .addOption(new Option('--action <action>', 'of the jobs that are named by an id').choices(ACTION_NAMES))
    .addHelpText('after', STATUS_EXAMPLES)
    .action((jobs: string[], given: Given, command: Command) => {
      parsed = readStatus(jobs, given, command);
    });
  for (const command of [program, ...commands, status]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: write, writeErr: () => undefined })
      .configureHelp({ helpWidth: 110 });
  }
  for (const command of [...commands, status]) commonOptions(command);
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    const message = error.code === 'commander.help' ? 'no command: see fielding-jobs --help' : error.message;
    throw new InputError(message.replace(/^error: /, ''), { cause: error });
  }
  return parsed;
}

function createOptions(command: Command): Command {
  return accountOptions(command.argument('[ids...]', 'target groups'))
    .option('--file <file>', 'target groups from a file, or - for the standard input')
    .addOption(new Option('--format <format>', 'of the file (default: by its name)').choices(FORMATS))
    .option('--column <name>', 'of a CSV file (default: target_group_id, or the only one)')
    .option(
      '--key <key>',
      'idempotency key; the same command with the same key does nothing twice (default: a UUID)',
    )
    .option('--max-per-job <count>', 'most target groups in one job', String(MAX_PER_JOB));
}

function accountOptions(command: Command): Command {
  return command
    .addOption(new Option('--account <id>', 'whose target groups').env('FIELDING_JOBS_ACCOUNT'))
    .addOption(new Option('--project <id>', 'of the target groups').env('FIELDING_JOBS_PROJECT'));
}

function commonOptions(command: Command): void {
  command
    .option('--wait', 'until every job has ended')
    .option('--output <file>', 'CSV of the target groups that failed; only with --wait')
    .option('--json', 'lines of JSON, also on a terminal')
    .addOption(new Option('--base-url <url>', 'of the API, up to /demand').env('FIELDING_JOBS_BASE_URL'))
    .addOption(new Option('--token <jwt>', 'better by its environment variable').env('FIELDING_JOBS_TOKEN'))
    .addOption(new Option('--token-url <url>', 'instead: token endpoint').env('FIELDING_JOBS_TOKEN_URL'))
    .addOption(new Option('--client-id <id>', 'OAuth client').env('FIELDING_JOBS_CLIENT_ID'))
    .addOption(
      new Option('--client-secret <secret>', 'better by its environment variable').env(
        'FIELDING_JOBS_CLIENT_SECRET',
      ),
    )
    .addOption(new Option('--scope <scopes>', 'to ask the token endpoint for').env('FIELDING_JOBS_SCOPE'))
    .addOption(new Option('--audience <audience>', 'to ask it for').env('FIELDING_JOBS_AUDIENCE'))
    .option(
      '--retry-for <seconds>',
      'how long a request is repeated that fails in a way that may pass',
      '300',
    );
}

function readCreate(action: Action, args: string[], all: Given, command: Command): CreateCommand {
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
    maxPerJob: wholeNumber('--max-per-job', maxPerJob, 1, MAX_PER_JOB),
  };
}

function readStatus(jobs: string[], all: Given, command: Command): StatusCommand {
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

/** A variable that is set to nothing is how a shell unsets one for a command. An empty option is a mistake. */
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
    retryForMs: wholeNumber('--retry-for', given.retryFor, 0, 86_400) * 1_000,
    wait,
    output,
    json,
  };
}

/** A token or client credentials. Of both, those on the command line count more than those of the environment. */
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

function wholeNumber(option: string, text: string, from: number, to: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= from && value <= to) return value;
  throw new InputError(`${option}: found ${shown(text)}, expected a whole number from ${from} to ${to}`);
}
