/** On a Node.js that cannot run the sources, whatever is started says so in one line, and what to do. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { z } from 'zod';

const PROJECT = join(import.meta.dirname, '..', '..');
const CHECK = './check-node.cjs';

/** Loads the check in a process that takes itself for another version. */
function checkOn(version: string): { status: number | null; stderr: string } {
  const script = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } }); require('${CHECK}')`;
  return spawnSync(process.execPath, ['--eval', script], { cwd: PROJECT, encoding: 'utf8' });
}

test('an older Node.js is told what to do', () => {
  expect(checkOn('20.20.2')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^Node\.js 20\.20\.2 cannot run .*Run `npm ci`.*\n$/),
  });
});

test('24 and later are not stopped', () => {
  for (const version of ['24.0.0', '26.7.0'])
    expect(checkOn(version)).toMatchObject({ status: 0, stderr: '' });
});

test('every command that runs TypeScript checks first', () => {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(PROJECT, file), 'utf8'));
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(read('package.json'));
  const { app } = z.object({ app: z.string() }).parse(read('cdk.json'));
  const commands = [app, ...Object.values(scripts)].filter((command) => command.startsWith('node '));
  expect(commands.length).toBeGreaterThan(10);
  expect(commands.filter((command) => !command.startsWith(`node -r ${CHECK} `))).toEqual([]);
});
