/** Runs the command: from its arguments to its exit code. */
import type { Readable } from 'node:stream';
import { isError } from '../../tools/kit/tool-errors.ts';
import { isId } from '../../src/domain/ids.ts';
import { InputError } from '../client-errors.ts';
import { type EndedJob, deriveEnd, FieldingJobs } from '../fielding-jobs.ts';
import type { Retry } from '../retry-with-jitter.ts';
import type { JobAddress } from '../urls.ts';
import type { ClientDeps } from '../client-deps.ts';
import { EXIT, type ExitCode, deriveExitCode, deriveExitCodeOfJobs } from './exit-codes.ts';
import { requireWritable, writeFailures } from './failures-file.ts';
import { makeAdvice } from './advice.ts';
import { readIds } from './read-ids.ts';
import { JsonReporter } from './json-reporter.ts';
import { parseCommandLine } from './command-line.ts';
import type { CreateCommand, StatusCommand } from './cli-options.ts';
import { ProgressBar } from './progress.ts';
import { countReasons } from './reasons.ts';
import type { Reporter } from './reporter.ts';
import { TextReporter } from './text-reporter.ts';

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** The command's streams, dependencies and version. */
export interface Terminal {
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly deps: ClientDeps;
  readonly version: string;
  /** Aborts when the user interrupts the command. */
  readonly interrupted: AbortSignal;
}

/** The state that is needed to report an error of the command. */
interface CommandState {
  reporter: Reporter;
  bar: ProgressBar | undefined;
  key: string | undefined;
}

/** Runs the command. Never throws: an error is printed, and decides the exit code. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const out = (text: string) => terminal.stdout.write(text);
  const err = (text: string) => terminal.stderr.write(text);
  const course: CommandState = {
    reporter: makeReporter(terminal, argv.includes('--json')),
    bar: undefined,
    key: undefined,
  };
  try {
    const command = parseCommandLine(argv, terminal.version, out);
    if (command === undefined) return EXIT.done;
    if (command.output !== undefined) await requireWritable(command.output);
    if (command.wait && terminal.stderr.isTTY === true) course.bar = new ProgressBar(err);
    if (command.name === 'create') return await runCreate(command, terminal, course);
    return await runStatus(command, terminal, course);
  } catch (thrown) {
    course.bar?.clear();
    const error = isError(thrown) ? thrown : new Error(String(thrown));
    const exitCode = terminal.interrupted.aborted ? EXIT.interrupted : deriveExitCode(error);
    // A TypeError is a bug of the client, so its stack is shown.
    const message = error instanceof TypeError ? (error.stack ?? error.message) : error.message;
    err(`${exitCode === EXIT.interrupted ? 'interrupted' : message}\n`);
    const advice = makeAdvice(error, exitCode, course.key);
    if (advice !== undefined) err(`${advice}\n`);
    course.reporter.reportFailure({ error, exitCode, key: course.key });
    return exitCode;
  }
}

function makeReporter({ stdout }: Terminal, json: boolean): Reporter {
  const write = (text: string) => stdout.write(text);
  return json || stdout.isTTY !== true ? new JsonReporter(write) : new TextReporter(write);
}

async function runCreate(
  command: CreateCommand,
  terminal: Terminal,
  course: CommandState,
): Promise<ExitCode> {
  const { reporter, bar } = course;
  const client = makeClient(command, terminal, course);
  const { ids, duplicates } = await readIds(command.source, terminal.stdin, terminal.interrupted);
  const { action, account, project, key, maxPerJob } = command;
  const signal = terminal.interrupted;
  const jobs = await client.create(
    { action, account, project, ids, key, maxPerJob },
    {
      signal,
      onPlanned: (plan) => {
        course.key = plan.key;
        if (key === undefined) terminal.stderr.write(`to repeat this command: --key ${plan.key}\n`);
        reporter.reportPlan(plan, duplicates);
      },
      onAccepted: (job) => {
        reporter.reportAccepted(job);
        bar?.expect(job.location, job.count);
      },
    },
  );
  if (!command.wait) return EXIT.done;
  const locations = jobs.map(({ location }) => location);
  return finishJobs(await followJobs(client, locations, terminal, course), command, course);
}

async function runStatus(
  command: StatusCommand,
  terminal: Terminal,
  course: CommandState,
): Promise<ExitCode> {
  const { reporter } = course;
  const client = makeClient(command, terminal, course);
  const named = command.jobs.map((job) => client.locate(isId(job) ? makeAddress(job, command) : job));
  const locations = [...new Set(named)];
  if (command.wait) return finishJobs(await followJobs(client, locations, terminal, course), command, course);
  const ended: EndedJob[] = [];
  for (const location of locations) {
    const state = await client.read(location, terminal.interrupted);
    const end = deriveEnd(state);
    if (end === undefined) reporter.reportRunning(state);
    else {
      reporter.reportEnded(end);
      ended.push(end);
    }
  }
  return ended.length === locations.length ? finishJobs(ended, command, course) : deriveExitCodeOfJobs(ended);
}

function makeClient(
  { baseUrl, token, retryForMs }: CreateCommand | StatusCommand,
  { deps, stderr }: Terminal,
  { bar }: CommandState,
): FieldingJobs {
  const onRetry = ({ what, reason, pauseMs }: Retry) => {
    bar?.clear();
    stderr.write(`${what}: ${reason}; again in ${Math.ceil(pauseMs / 1_000)} s\n`);
  };
  return new FieldingJobs({ baseUrl, token, retryForMs, onRetry, deps });
}

function makeAddress(jobId: string, { account, project, action }: StatusCommand): JobAddress {
  if (account !== undefined && project !== undefined && action !== undefined) {
    return { account, project, action, jobId };
  }
  throw new InputError(`job ${jobId}: found an id alone, expected --account, --project and --action with it`);
}

async function followJobs(
  client: FieldingJobs,
  locations: readonly string[],
  terminal: Terminal,
  { reporter, bar }: CommandState,
): Promise<EndedJob[]> {
  for (const location of locations) bar?.expect(location);
  return client.wait(locations, {
    signal: terminal.interrupted,
    onProgress: (state) => {
      if (deriveEnd(state) === undefined) reporter.reportProgress(state);
      bar?.update(state);
    },
    onEnded: (job) => {
      bar?.clear();
      reporter.reportEnded(job);
    },
  });
}

async function finishJobs(
  jobs: readonly EndedJob[],
  { output }: CreateCommand | StatusCommand,
  { reporter, bar }: CommandState,
): Promise<ExitCode> {
  bar?.clear();
  const failed = jobs.flatMap((job) => job.failed);
  if (output !== undefined) await writeFailures(output, failed);
  reporter.reportSummary({
    jobs: jobs.length,
    updated: jobs.reduce((sum, { updated }) => sum + updated, 0),
    failed: failed.length,
    reasons: countReasons(failed),
    output,
  });
  return deriveExitCodeOfJobs(jobs);
}
