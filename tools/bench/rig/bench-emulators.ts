/** Starts the stores of the bench: DynamoDB Local where there is Java, else dynalite; fauxqs; and Redis. */
import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { startEmulators } from '../../local/emulators/start-emulators.ts';
import { listenOnLoopback } from '../../kit/loopback.ts';
import { PROJECT } from '../../kit/project.ts';

export interface Stores {
  /** Name or endpoint of the DynamoDB. */
  readonly name: string;
  readonly dynamodb: string;
  readonly sqs: string;
  stop(): Promise<void>;
}

export async function startStores(): Promise<Stores> {
  const given = process.env['DYNAMODB_ENDPOINT'];
  const own = given === undefined && hasJava() ? await startDynamodbLocal() : undefined;
  const emulators = await startEmulators({ dynamodb: given ?? own?.endpoint }, (error) => {
    throw error;
  });
  const name = given ?? (own === undefined ? 'dynalite' : 'DynamoDB Local');
  return {
    name,
    dynamodb: emulators.dynamodb,
    sqs: emulators.sqs,
    stop: async () => {
      await emulators.stop();
      if (own !== undefined) await terminate(own.process);
    },
  };
}

function hasJava(): boolean {
  return spawnSync('java', ['-version']).status === 0;
}

async function startDynamodbLocal(): Promise<{ endpoint: string; process: ChildProcess }> {
  const port = String(await findFreePort());
  const child = spawn(process.execPath, ['tools/local/run-dynamodb-local.ts', '--port', port], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  killOnExit(child);
  const [, endpoint = ''] = await waitForLine('DynamoDB Local', child, /^ready (http:\S+)/);
  return { endpoint, process: child };
}

export interface Redis {
  readonly port: number;
  stop(): Promise<void>;
}

/** @returns undefined when there is no redis-server on the path */
export async function startRedis(): Promise<Redis | undefined> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined;
  const port = await findFreePort();
  // Usual options for jobs: Redis logs each acknowledged write to disk within a second, and evicts nothing.
  const options = [
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'everysec',
    '--maxmemory-policy',
    'noeviction',
  ];
  const folder = await mkdtemp(join(tmpdir(), 'fielding-jobs-redis-'));
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...options],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  killOnExit(child);
  await waitForLine('redis-server', child, /Ready to accept connections/);
  return {
    port,
    stop: async () => {
      await terminate(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for a line of a program that matches. @throws Error when the program ends before */
function waitForLine(
  name: string,
  child: ChildProcessByStdio<null, Readable, null>,
  pattern: RegExp,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      reject(new Error(`${name} ended with ${String(code)}`));
    });
    createInterface(child.stdout).on('line', (line) => {
      const match = pattern.exec(line);
      if (match !== null) resolve(match);
    });
  });
}

/** Ends the child when this process exits, except after SIGKILL. */
function killOnExit(child: ChildProcess): void {
  process.once('exit', () => child.kill());
}

async function terminate(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

async function findFreePort(): Promise<number> {
  await using listener = await listenOnLoopback(createServer());
  return listener.port;
}
