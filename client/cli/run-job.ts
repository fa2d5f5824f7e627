/** Runs the command: from its arguments to its exit code. */
import type { Readable } from 'node:stream';
import { isError } from '../../tools/kit/tool-errors.ts';
import { isId } from '../../src/domain/ids.ts';
import { InputError } from '../client-errors.ts';
import { type EndedJob, deriveEnd, FieldingJobs } from '../fielding-jobs.ts';
import type { JobAddress } from '../urls.ts';
import type { ClientDeps } from '../client-deps.ts';
import { EXIT, type ExitCode, deriveExitCode, deriveExitCodeOfJobs } from './exit-codes.ts';
import { requireWritable, writeFailures } from './failures-file.ts';
import { type Attempt, makeAdvice } from './advice.ts';
import { readIds } from './read-ids.ts';
import { JsonReporter } from './json-reporter.ts';
import { parseCommandLine } from './command-line.ts';
import type { CreateCommand, StatusCommand } from './cli-options.ts';
import { Outages } from './outages.ts';
import { Progress } from './progress.ts';
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
interface CommandState extends Attempt {
  reporter: Reporter;
  progress: Progress | undefined;
  outages: Outages | undefined;
}

/** Runs the command. Never throws: an error is printed, and decides the exit code. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const out = (text: string) => terminal.stdout.write(text);
  const err = (text: string) => terminal.stderr.write(text);
  const course: CommandState = {
    reporter: makeReporter(terminal, argv.includes('--json')),
    progress: undefined,
    outages: undefined,
    command: undefined,
    key: undefined,
    locations: [],
  };
  try {
    const command = parseCommandLine(argv, terminal.version, out);
    if (command === undefined) return EXIT.done;
    if (command.output !== undefined) await requireWritable(command.output);
    course.command = command;
    if (command.wait) course.progress = new Progress(terminal.stderr, terminal.deps.now);
    course.outages = new Outages(
      (line) => {
        course.progress?.clear();
        err(`${line}\n`);
      },
      terminal.deps.now,
      command.retryForMs,
    );
    if (command.name === 'create') return await runCreate(command, terminal, course);
    return await runStatus(command, terminal, course);
  } catch (thrown) {
    course.progress?.clear();
    const error = isError(thrown) ? thrown : new Error(String(thrown));
    const exitCode = terminal.interrupted.aborted ? EXIT.interrupted : deriveExitCode(error);
    // A TypeError is a bug of the client, so its stack is shown.
    const message = error instanceof TypeError ? (error.stack ?? error.message) : error.message;
    err(`${exitCode === EXIT.interrupted ? 'interrupted' : message}\n`);
    const advice = makeAdvice(error, exitCode, course);
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
  const { reporter, progress, outages } = course;
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
        outages?.noteAnswer();
        course.locations.push(job.location);
        reporter.reportAccepted(job);
        progress?.expect(job.location, job.count);
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
  course.locations.push(...locations);
  if (command.wait) return finishJobs(await followJobs(client, locations, terminal, course), command, course);
  const ended: EndedJob[] = [];
  for (const location of locations) {
    const state = await client.read(location, terminal.interrupted);
    course.outages?.noteAnswer();
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
  { deps }: Terminal,
  { outages }: CommandState,
): FieldingJobs {
  return new FieldingJobs({
    baseUrl,
    token,
    retryForMs,
    onRetry: (retry) => outages?.noteRetry(retry),
    deps,
  });
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
  { reporter, progress, outages }: CommandState,
): Promise<EndedJob[]> {
  for (const location of locations) progress?.expect(location);
  return client.wait(locations, {
    signal: terminal.interrupted,
    onProgress: (state) => {
      outages?.noteAnswer();
      if (deriveEnd(state) === undefined) reporter.reportProgress(state);
      progress?.update(state);
    },
    onEnded: (job) => {
      progress?.clear();
      reporter.reportEnded(job);
    },
  });
}

async function finishJobs(
  jobs: readonly EndedJob[],
  { output }: CreateCommand | StatusCommand,
  { reporter, progress }: CommandState,
): Promise<ExitCode> {
  progress?.clear();
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
