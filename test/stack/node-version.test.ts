/** Tests that a program started on an older Node.js runs on the one in node_modules, or says what to do. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { PROJECT } from './production-packages.ts';

const CHECK = './ensure-node.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'node-version-'));
  // Makes the process report the version in PRETEND; a process that it starts reports its real one.
  writeFileSync(
    join(folder, 'pretend.cjs'),
    `const node = process.env.PRETEND;
     delete process.env.PRETEND;
     if (node !== undefined) Object.defineProperty(process, 'versions', { value: { node } });`,
  );
  writeFileSync(
    join(folder, 'program.ts'),
    `const ran: string[] = [process.versions.node, ...process.argv.slice(2)];
     console.log(ran.join(' '));
     process.exitCode = 3;`,
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a program as an npm script does, on a Node.js that reports `version`. */
function startOn(version: string, cwd: string): { status: number | null; stdout: string; stderr: string } {
  const preload = ['-r', join(folder, 'pretend.cjs'), '--import', CHECK];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...preload, join(folder, 'program.ts'), '--option', 'a b'],
    { cwd, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '', PRETEND: version } },
  );
  return { status, stdout, stderr };
}

test('a program on an older Node.js runs on the one in node_modules', () => {
  const { stdout, ...ended } = startOn('20.20.2', PROJECT);
  expect(ended).toEqual({ status: 3, stderr: '' });
  expect(stdout).toMatch(/^2\d\.\d+\.\d+ --option a b\n$/);
  expect(stdout).not.toContain('20.20.2');
});

test('a program without Node.js in node_modules says what to do', () => {
  for (const file of [CHECK, 'package.json']) copyFileSync(join(PROJECT, file), join(folder, file));
  expect(startOn('20.20.2', folder)).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/^Node\.js 20\.20\.2 cannot run .*Run `npm ci`.*\n$/),
  });
});

test('Node.js 24 and later run the program themselves', () => {
  for (const version of ['24.0.0', '26.7.0']) {
    expect(startOn(version, PROJECT)).toMatchObject({ status: 3, stdout: `${version} --option a b\n` });
  }
});

test('every command that runs TypeScript checks the version of Node.js first', () => {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(PROJECT, file), 'utf8'));
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(read('package.json'));
  const { app } = z.object({ app: z.string() }).parse(read('cdk.json'));
  const commands = [app, ...Object.values(scripts)]
    .flatMap((line) => line.split(' && '))
    .filter((command) => /^node .*(\.ts|jest\.js|\.mjs .*)$/.test(command));
  expect(commands.length).toBeGreaterThan(10);
  expect(commands.filter((command) => !command.startsWith(`node --import ${CHECK} `))).toEqual([]);
});
