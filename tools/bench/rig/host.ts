/** Runs a function in a process of its own, to measure its CPU time and its memory. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeEnvironment } from '../../local/functions/function-environment.ts';
import type { LambdaFunction } from '../../local/template/read-functions.ts';
import { bundleFunction } from './bundle.ts';
import type { HostAnswer } from './host-process.ts';
import type { BenchRig } from './bench-rig.ts';

/**
 * Heap sizes as shares of the function's memory, like Lambda starts Node.js, as far as its runtime is known.
 */
const OLD_SPACE_SHARE = 0.9;
const SEMI_SPACE_SHARE = 0.05;

let bundled: Promise<string> | undefined;

/**
 * Bundles the host process once: a process that strips types itself would use more memory than the bare
 * runtime.
 */
function bundleHostProcess(): Promise<string> {
  bundled ??= bundleFunction('rig/host-process.ts');
  return bundled;
}

interface LoadFigures {
  readonly loadCpuMs: number;
  readonly peakMb: number;
}

export class Host {
  readonly #process: ChildProcess;
  /** CPU time of loading the function, and the peak of memory after it. */
  readonly loaded: LoadFigures;

  private constructor(process: ChildProcess, loaded: LoadFigures) {
    this.#process = process;
    this.loaded = loaded;
  }

  /** Starts a function whose calls go to the emulators directly. */
  static async startFunction(rig: BenchRig, lambda: LambdaFunction): Promise<Host> {
    const env = makeEnvironment(lambda, rig.stores, 'bench');
    return Host.start(pathToFileURL(join(lambda.codePath, 'index.mjs')).href, env, lambda.memoryMegabytes);
  }

  /**
   * @param url URL of the module; empty for the bare runtime
   * @throws Error when it does not load
   */
  static async start(url: string, env: Readonly<Record<string, string>>, memoryMb: number): Promise<Host> {
    const child = fork(join(await bundleHostProcess(), 'index.mjs'), [url], {
      env: { ...env },
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        `--max-old-space-size=${Math.floor(memoryMb * OLD_SPACE_SHARE)}`,
        `--max-semi-space-size=${Math.floor(memoryMb * SEMI_SPACE_SHARE)}`,
      ],
      // Warnings of a function go to its error output, so that it must be read.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    return new Host(child, (await waitForMessage(child)) as LoadFigures);
  }

  /** Runs one event (JSON). @throws Error when the process ends */
  async invoke(event: string): Promise<HostAnswer> {
    this.#process.send(event);
    return (await waitForMessage(this.#process)) as HostAnswer;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.disconnect();
    await exited;
  }
}

/** Waits for the next message of the process. @throws Error with its error output when it ends instead */
async function waitForMessage(child: ChildProcess): Promise<unknown> {
  let complaint = '';
  const collectError = (data: Buffer) => (complaint += data.toString());
  child.stderr?.on('data', collectError);
  try {
    return await new Promise((resolve, reject) => {
      const rejectEnded = (code: number | null) => {
        reject(new Error(`the function's process ended with ${String(code)}: ${complaint}`));
      };
      child.once('exit', rejectEnded);
      child.once('message', (said) => {
        child.off('exit', rejectEnded);
        resolve(said);
      });
    });
  } finally {
    child.stderr?.off('data', collectError);
    child.stderr?.resume();
  }
}
