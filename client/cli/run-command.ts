/** The entry point of the command `fielding-jobs`. */
import { abortOnInterrupt } from '../../tools/kit/interrupt.ts';
import { exitWithOutput, goOnWithoutReader } from '../../tools/kit/output.ts';
import { realDeps } from '../client-deps.ts';
import { EXIT } from './exit-codes.ts';
import { runCli } from './run-job.ts';

// If a reader such as `head` closes the pipe early, the command still creates all of its jobs.
goOnWithoutReader(EXIT.other);

const code = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  deps: realDeps,
  // Set by the build.
  version: process.env['FIELDING_JOBS_VERSION'] ?? 'unbuilt',
  interrupted: abortOnInterrupt(),
});
await exitWithOutput(code);
