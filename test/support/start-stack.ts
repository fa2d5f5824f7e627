/** Starts the local stack as a user does, as a process of its own, and stops it as Ctrl-C does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { PROJECT } from '../../tools/kit/project.ts';
import type { LocalStack } from '../../tools/local/local-stack.ts';

/** The answer of `GET /_local/info`. */
export type StackInfo = Pick<
  LocalStack,
  'url' | 'apiUrl' | 'tables' | 'queues' | 'functions' | 'outputs' | 'endpoints'
>;

export interface RunningStack {
  readonly info: StackInfo;
  /** The first 1,000 lines of its standard output, among them the line `ready`. */
  readonly printed: readonly string[];
  readonly process: ChildProcess;
  /** Interrupts it, and resolves with its exit code. */
  stop(): Promise<number | null>;
}

/**
 * Starts the local stack, and resolves when it is ready.
 * @param args options of `npm start`; the port is a free one unless they name one
 * @param logFile file for everything that it prints
 * @param env variables besides those of this process
 * @throws Error if it ends before it is ready
 */
export async function startStack(
  args: readonly string[] = [],
  logFile?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningStack> {
  const child = spawn(
    process.execPath,
    ['tools/local/start-local-stack.ts', '--port', '0', '--log', 'json', ...args],
    {
      cwd: PROJECT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const log = logFile === undefined ? undefined : createWriteStream(logFile);
  child.stdout.on('data', (data: Buffer) => log?.write(data));
  child.stderr.on('data', (data: Buffer) => log?.write(data));

  const printed: string[] = [];
  let complaint = '';
  child.stderr.on('data', (data: Buffer) => {
    complaint += data.toString();
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => {
      reject(new Error(`the local stack ended with ${String(code)}: ${printed.join('\n')}\n${complaint}`));
    });
    createInterface(child.stdout).on('line', (line) => {
      if (printed.length < 1000) printed.push(line);
      const ready = /^ready (http:\S+)/.exec(line)?.[1];
      if (ready !== undefined) resolve(ready);
    });
  });
  const info = (await (await fetch(`${url}/_local/info`)).json()) as StackInfo;
  return {
    info,
    printed,
    process: child,
    stop: async () => {
      if (child.exitCode !== null) return child.exitCode;
      child.kill('SIGINT');
      // At `close` all of its output has been read.
      const [code] = (await once(child, 'close')) as [number | null];
      if (log !== undefined) await finished(log.end());
      return code;
    },
  };
}
