/** Opens files and named pipes for reading. */
import { once } from 'node:events';
import { closeSync, constants, createReadStream, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/**
 * Opens a file or a pipe, so that `--file <(command)` works. A named pipe opens when somebody writes it.
 * @param signal ends the wait for that
 * @throws the error of the system; the reason of the signal
 */
export async function openFile(file: string, signal: AbortSignal): Promise<Readable> {
  const stream = createReadStream(file);
  try {
    await once(stream, 'open', { signal });
    return stream;
  } catch (error) {
    stream.destroy();
    if (signal.aborted) await releaseReader(file);
    signal.throwIfAborted();
    throw error;
  }
}

/** Opens a named pipe as a writer: Node.js cannot even exit while one of its threads waits for it to open. */
async function releaseReader(file: string): Promise<void> {
  if (!(await stat(file)).isFIFO()) return;
  try {
    closeSync(openSync(file, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch {
    // Nobody waits any more.
  }
}
