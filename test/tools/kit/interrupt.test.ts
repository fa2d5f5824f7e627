/** Tests what interrupts a command: signals, and the end of the shell that npm started it in. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';

const MODULE = join(import.meta.dirname, '../../../tools/kit/interrupt.ts');

/** A program that prints when it is up and when it is interrupted, and never ends by itself. */
const SCRIPT = `
  const { abortOnInterrupt } = await import(${JSON.stringify(MODULE)});
  abortOnInterrupt().addEventListener('abort', () => console.log('interrupted'));
  setInterval(() => undefined, 60_000);
  console.log('up', process.pid);`;

const NODE = [process.execPath, '--input-type=module', '-e', SCRIPT];

function start(command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { child, line: async () => String((await lines.next()).value) };
}

async function waitForExit(child: ChildProcess): Promise<unknown> {
  const [code] = (await once(child, 'exit')) as [unknown];
  return code;
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the first %s interrupts the program, a later one ends it at once',
  async (signal) => {
    const { child, line } = start(NODE[0] ?? '', NODE.slice(1), { npm_lifecycle_event: undefined });
    expect(await line()).toMatch(/^up/);
    child.kill(signal);
    expect(await line()).toBe('interrupted');
    // One key press may cause two signals at nearly the same time.
    child.kill(signal);
    await pause(600);
    expect(child.exitCode).toBeNull();
    child.kill(signal);
    expect(await waitForExit(child)).toBe(130);
  },
);

test('under npm the program is interrupted when the shell that npm started it in ends', async () => {
  const script = '"$0" "$@" & wait';
  const { child, line } = start('sh', ['-c', script, ...NODE], { npm_lifecycle_event: 'start' });
  const pid = Number((await line()).split(' ')[1]);
  child.kill('SIGKILL');
  expect(await line()).toBe('interrupted');
  process.kill(pid, 'SIGKILL');
});
