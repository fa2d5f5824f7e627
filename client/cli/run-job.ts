/** Runs the command: from its arguments to its exit code. */
import type { Readable } from 'node:stream';
import { isError } from '../../tools/kit/errors.ts';
import { isId } from '../../src/domain/ids.ts';
import { InputError } from '../errors.ts';
import { type EndedJob, endOf, FieldingJobs } from '../fielding-jobs.ts';
import type { Retry } from '../retry.ts';
import type { JobAddress } from '../urls.ts';
import type { World } from '../world.ts';
import { EXIT, type ExitCode, exitCodeOf, exitCodeOfJobs } from './exit-codes.ts';
import { requireWritable, writeFailures } from './failures-file.ts';
import { adviceFor } from './advice.ts';
import { readIds } from './ids.ts';
import { JsonReporter } from './json-reporter.ts';
import { parseCommandLine } from './command-line.ts';
import type { CreateCommand, StatusCommand } from './options.ts';
import { ProgressBar } from './progress.ts';
import { reasonsOf } from './reasons.ts';
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
  readonly world: World;
  readonly version: string;
  /** Aborts when the user interrupts the command. */
  readonly interrupted: AbortSignal;
}

/** The state that is needed to report an error of the command. */
interface Course {
  reporter: Reporter;
  bar: ProgressBar | undefined;
  key: string | undefined;
}

/** Runs the command. Never throws: an error is printed, and decides the exit code. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const out = (text: string) => terminal.stdout.write(text);
  const err = (text: string) => terminal.stderr.write(text);
  const course: Course = {
    reporter: reporterFor(terminal, argv.includes('--json')),
    bar: undefined,
    key: undefined,
  };
  try {
    const command = parseCommandLine(argv, terminal.version, out);
    if (command === undefined) return EXIT.done;
    if (command.output !== undefined) await requireWritable(command.output);
    if (command.wait && terminal.stderr.isTTY === true) course.bar = new ProgressBar(err);
    if (command.name === 'create') return await create(command, terminal, course);
    return await status(command, terminal, course);
  } catch (thrown) {
    course.bar?.clear();
    const error = isError(thrown) ? thrown : new Error(String(thrown));
    const exitCode = terminal.interrupted.aborted ? EXIT.interrupted : exitCodeOf(error);
    // A TypeError is a bug of the client, so its stack is shown.
    const message = error instanceof TypeError ? (error.stack ?? error.message) : error.message;
    err(`${exitCode === EXIT.interrupted ? 'interrupted' : message}\n`);
    const advice = adviceFor(error, exitCode, course.key);
    if (advice !== undefined) err(`${advice}\n`);
    course.reporter.failure({ error, exitCode, key: course.key });
    return exitCode;
  }
}

function reporterFor({ stdout }: Terminal, json: boolean): Reporter {
  const write = (text: string) => stdout.write(text);
  return json || stdout.isTTY !== true ? new JsonReporter(write) : new TextReporter(write);
}

async function create(command: CreateCommand, terminal: Terminal, course: Course): Promise<ExitCode> {
  const { reporter, bar } = course;
  const client = clientOf(command, terminal, course);
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
        reporter.planned(plan, duplicates);
      },
      onAccepted: (job) => {
        reporter.accepted(job);
        bar?.expect(job.location, job.count);
      },
    },
  );
  if (!command.wait) return EXIT.done;
  const locations = jobs.map(({ location }) => location);
  return finish(await follow(client, locations, terminal, course), command, course);
}

async function status(command: StatusCommand, terminal: Terminal, course: Course): Promise<ExitCode> {
  const { reporter } = course;
  const client = clientOf(command, terminal, course);
  const named = command.jobs.map((job) => client.locate(isId(job) ? addressOf(job, command) : job));
  const locations = [...new Set(named)];
  if (command.wait) return finish(await follow(client, locations, terminal, course), command, course);
  const ended: EndedJob[] = [];
  for (const location of locations) {
    const state = await client.read(location, terminal.interrupted);
    const end = endOf(state);
    if (end === undefined) reporter.running(state);
    else {
      reporter.ended(end);
      ended.push(end);
    }
  }
  return ended.length === locations.length ? finish(ended, command, course) : exitCodeOfJobs(ended);
}

function clientOf(
  { baseUrl, token, retryForMs }: CreateCommand | StatusCommand,
  { world, stderr }: Terminal,
  { bar }: Course,
): FieldingJobs {
  const onRetry = ({ what, reason, pauseMs }: Retry) => {
    bar?.clear();
    stderr.write(`${what}: ${reason}; again in ${Math.ceil(pauseMs / 1_000)} s\n`);
  };
  return new FieldingJobs({ baseUrl, token, retryForMs, onRetry, world });
}

function addressOf(jobId: string, { account, project, action }: StatusCommand): JobAddress {
  if (account !== undefined && project !== undefined && action !== undefined) {
    return { account, project, action, jobId };
  }
  throw new InputError(`job ${jobId}: found an id alone, expected --account, --project and --action with it`);
}

async function follow(
  client: FieldingJobs,
  locations: readonly string[],
  terminal: Terminal,
  { reporter, bar }: Course,
): Promise<EndedJob[]> {
  for (const location of locations) bar?.expect(location);
  return client.wait(locations, {
    signal: terminal.interrupted,
    onProgress: (state) => {
      if (endOf(state) === undefined) reporter.progress(state);
      bar?.update(state);
    },
    onEnded: (job) => {
      bar?.clear();
      reporter.ended(job);
    },
  });
}

async function finish(
  jobs: readonly EndedJob[],
  { output }: CreateCommand | StatusCommand,
  { reporter, bar }: Course,
): Promise<ExitCode> {
  bar?.clear();
  const failed = jobs.flatMap((job) => job.failed);
  if (output !== undefined) await writeFailures(output, failed);
  reporter.summary({
    jobs: jobs.length,
    updated: jobs.reduce((sum, { updated }) => sum + updated, 0),
    failed: failed.length,
    reasons: reasonsOf(failed),
    output,
  });
  return exitCodeOfJobs(jobs);
}
