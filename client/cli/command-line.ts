/** Parses the command line: its commands and their options. */
import { Command, CommanderError, Option } from 'commander';
import { ACTION_NAMES } from '../../src/domain/actions.ts';
import { InputError } from '../client-errors.ts';
import { MAX_PER_JOB } from '../job-plan.ts';
import { DESCRIPTION, EXAMPLES, formatExamples, STATUS_EXAMPLES, formatSummary } from './help.ts';
import { FORMATS } from './read-ids.ts';
import {
  type CreateCommand,
  type GivenOptions,
  readCreateCommand,
  readStatusCommand,
  type StatusCommand,
} from './cli-options.ts';

/**
 * Parses the arguments of the command.
 * @param write prints the help and the version
 * @returns undefined when it has printed the help or the version
 * @throws InputError for a wrong command or option
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
    addCreateOptions(
      program.command(action).summary(formatSummary(action)).description(formatSummary(action)),
    )
      .addHelpText('after', formatExamples(action))
      .action((args: string[], given: GivenOptions, command: Command) => {
        parsed = readCreateCommand(action, args, given, command);
      }),
  );
  const status = program
    .command('status')
    .summary('show how far jobs are, and how they ended')
    .description('Shows how far jobs are, and how they ended.')
    .argument('<jobs...>', 'URLs of jobs; or ids, with --account, --project and --action');
  addAccountOptions(status)
    .addOption(
      new Option('--action <action>', 'action of the jobs that are given by id').choices(ACTION_NAMES),
    )
    .addHelpText('after', STATUS_EXAMPLES)
    .action((jobs: string[], given: GivenOptions, command: Command) => {
      parsed = readStatusCommand(jobs, given, command);
    });
  for (const command of [program, ...commands, status]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: write, writeErr: () => undefined })
      .configureHelp({ helpWidth: 110 });
  }
  for (const command of [...commands, status]) addCommonOptions(command);
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    const message = error.code === 'commander.help' ? 'no command: see fielding-jobs --help' : error.message;
    // An unknown option may be a misspelt one that holds a secret, so its value is left out.
    const safeMessage =
      error.code === 'commander.unknownOption' ? message.replace(/'(--[^=]+)=[^]*'/, "'$1'") : message;
    throw new InputError(safeMessage.replace(/^error: /, ''), { cause: error });
  }
  return parsed;
}

function addCreateOptions(command: Command): Command {
  return addAccountOptions(command.argument('[ids...]', 'target groups'))
    .option('--file <file>', 'target groups from a file, or - for the standard input')
    .addOption(
      new Option('--format <format>', 'format of the file (default: from its name)').choices(FORMATS),
    )
    .option('--column <name>', 'column of a CSV file (default: target_group_id, or the only one)')
    .option(
      '--key <key>',
      'idempotency key; the same command with the same key does nothing twice (default: a UUID)',
    )
    .option('--max-per-job <count>', 'most target groups in one job', String(MAX_PER_JOB));
}

function addAccountOptions(command: Command): Command {
  return command
    .addOption(new Option('--account <id>', 'account of the target groups').env('FIELDING_JOBS_ACCOUNT'))
    .addOption(new Option('--project <id>', 'project of the target groups').env('FIELDING_JOBS_PROJECT'));
}

function addCommonOptions(command: Command): void {
  command
    .option('--wait', 'wait until every job has ended')
    .option('--output <file>', 'CSV of the target groups that failed; only with --wait')
    .option('--json', 'write lines of JSON, also on a terminal')
    .addOption(
      new Option('--base-url <url>', 'URL of the API: the part before /demand').env('FIELDING_JOBS_BASE_URL'),
    )
    .addOption(
      new Option('--token <jwt>', 'bearer token; safer in its environment variable').env(
        'FIELDING_JOBS_TOKEN',
      ),
    )
    .addOption(
      new Option('--token-url <url>', 'token endpoint, instead of a token').env('FIELDING_JOBS_TOKEN_URL'),
    )
    .addOption(new Option('--client-id <id>', 'OAuth client').env('FIELDING_JOBS_CLIENT_ID'))
    .addOption(
      new Option('--client-secret <secret>', 'its secret; safer in its environment variable').env(
        'FIELDING_JOBS_CLIENT_SECRET',
      ),
    )
    .addOption(
      new Option('--client-auth <how>', 'basic: both in a header (default); post: in the body').env(
        'FIELDING_JOBS_CLIENT_AUTH',
      ),
    )
    .addOption(
      new Option('--scope <scopes>', 'scopes to request from the token endpoint').env('FIELDING_JOBS_SCOPE'),
    )
    .addOption(
      new Option('--audience <audience>', 'audience to request from it').env('FIELDING_JOBS_AUDIENCE'),
    )
    .addOption(
      new Option('--resource <uris>', 'URIs of the resources to request a token for (RFC 8707)').env(
        'FIELDING_JOBS_RESOURCE',
      ),
    )
    .option('--retry-for <seconds>', 'how long a request is repeated after failures that may pass', '300');
}
