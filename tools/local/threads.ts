/** The options that every thread of the local stack is started with. */
import type { WorkerOptions } from 'node:worker_threads';

/**
 * Makes options that replace the inherited flags and environment of this process: under Jest, a thread would
 * not understand some of its flags.
 */
export function makeThreadOptions(): Pick<WorkerOptions, 'execArgv' | 'env'> {
  return { execArgv: ['--enable-source-maps', '--disable-warning=ExperimentalWarning'], env: {} };
}
