/** The command `fielding-jobs`. */
import { onInterrupt } from '../../tools/kit/interrupt.ts';
import { realWorld } from '../world.ts';
import { EXIT } from './exit-codes.ts';
import { run } from './run-job.ts';

for (const stream of [process.stdout, process.stderr]) {
  // A reader that has seen enough, like `head`, is no reason to leave a set of jobs half created.
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
  // Put in by the build.
  version: process.env['FIELDING_JOBS_VERSION'] ?? 'unbuilt',
  interrupted: onInterrupt(),
});
