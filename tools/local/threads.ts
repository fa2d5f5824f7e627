/** What every thread of the local stack is started with. */
import type { WorkerOptions } from 'node:worker_threads';

/**
 * Options of a thread that inherits nothing of how this process was started: under Jest that would be flags
 * that a plain thread does not understand or warns about.
 */
export function ownThread(): Pick<WorkerOptions, 'execArgv' | 'env'> {
  return { execArgv: ['--enable-source-maps', '--disable-warning=ExperimentalWarning'], env: {} };
}
