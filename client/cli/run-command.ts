/** The entry point of the command `fielding-jobs`. */
import { onInterrupt } from '../../tools/kit/interrupt.ts';
import { realWorld } from '../world.ts';
import { EXIT } from './exit-codes.ts';
import { run } from './run-job.ts';

for (const stream of [process.stdout, process.stderr]) {
  // If a reader such as `head` closes the pipe early, the command still creates all of its jobs.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`the output cannot be written: ${error.message}\n`);
    process.exit(EXIT.other);
  });
}

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  world: realWorld,
  // Set by the build.
  version: process.env['FIELDING_JOBS_VERSION'] ?? 'unbuilt',
  interrupted: onInterrupt(),
});
