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

const code = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  deps: realDeps,
  // Set by the build.
  version: process.env['FIELDING_JOBS_VERSION'] ?? 'unbuilt',
  interrupted: abortOnInterrupt(),
});
// A proxy that does not answer CONNECT would keep the process for minutes, and so would a named pipe that
// nobody writes. What was written is passed on first: to a pipe that may take time.
const flush = (stream: NodeJS.WriteStream) => new Promise((resolve) => stream.write('', resolve));
await Promise.all([flush(process.stdout), flush(process.stderr)]);
process.exit(code);
