/** The entry point of the command `fielding-jobs`. */
import { abortOnInterrupt } from '../../tools/kit/interrupt.ts';
import { realDeps } from '../client-deps.ts';
import { EXIT } from './exit-codes.ts';
import { runCli } from './run-job.ts';

for (const stream of [process.stdout, process.stderr]) {
  // If a reader such as `head` closes the pipe early, the command still creates all of its jobs.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`the output cannot be written: ${error.message}\n`);
    process.exit(EXIT.other);
  });
}

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  deps: realDeps,
  // Set by the build.
  version: process.env['FIELDING_JOBS_VERSION'] ?? 'unbuilt',
  interrupted: abortOnInterrupt(),
});
