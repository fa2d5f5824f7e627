/** Ends a program that nobody reads, or that something keeps, with all of its output and its exit code. */

/**
 * Lets the program go on when a reader such as `head` closes a pipe early. Output that cannot be written for
 * another reason, such as a full disk, ends it.
 */
export function goOnWithoutReader(exitCode: number): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      if (stream === process.stdout) process.stderr.write(`the output cannot be written: ${error.message}\n`);
      process.exit(exitCode);
    });
  }
}

/**
 * Ends the process. A proxy that does not answer CONNECT would keep it for minutes, and so would a named pipe
 * that nobody writes. What was written is passed on first: to a pipe that may take time.
 */
export async function exitWithOutput(code: number): Promise<void> {
  const flush = (stream: NodeJS.WriteStream) => new Promise((resolve) => stream.write('', resolve));
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  process.exit(code);
}
