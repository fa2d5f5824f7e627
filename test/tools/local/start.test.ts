/** `npm start` as a command: its options, and what it does when it cannot start. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { UsageError } from '../../../tools/kit/tool-errors.ts';
import { type Listener, listenOnLoopback } from '../../../tools/kit/loopback.ts';
import { PROJECT } from '../../../tools/kit/project.ts';
import { parseStartOptions } from '../../../tools/local/start-options.ts';
import { type ProgramResult, runProgram } from '../../support/run-program.ts';

let folder = '';
let taken: Listener;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'start-'));
  writeFileSync(join(folder, 'bad.jsonl'), '{"type":"project","account_id":101,"project_id":"x"}\n');
  taken = await listenOnLoopback(createServer());
});

afterAll(async () => {
  await taken.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: string[]): Promise<ProgramResult> {
  return runProgram(process.execPath, ['tools/local/start-local-stack.ts', ...args], { cwd: PROJECT });
}

describe('what cannot start says so in one clear line, with exit code 2:', () => {
  test.each<[string, () => string[], RegExp]>([
    ['an unknown option', () => ['--prot', '1'], /^Unknown option '--prot'/],
    ['an argument too much', () => ['3000'], /^Unexpected argument '3000'/],
    [
      'a bad port',
      () => ['--port', '70000'],
      /^--port: found "70000", expected a whole number from 0 to 65535/,
    ],
    ['a port that is taken', () => ['--port', String(taken.port)], /^port \d+ is in use/],
    [
      'a data file that is not there',
      () => ['--port', '0', '--data', 'gone.jsonl'],
      /^--data gone\.jsonl: there is no such file/,
    ],
    [
      'a bad line of data',
      () => ['--port', '0', '--data', join(folder, 'bad.jsonl')],
      /bad\.jsonl:1: project_id: found "x", expected/,
    ],
    [
      'a number of target groups that is none',
      () => ['--demo', '0'],
      /^--demo: found "0", expected a whole number from 1/,
    ],
    ['two kinds of data', () => ['--demo', '9', '--data', 'x.jsonl'], /^--demo: found --data as well/],
    [
      'a context value without =',
      () => ['-c', 'chunkSize'],
      /^--context: found "chunkSize", expected key=value/,
    ],
    ['a format of logs that is not known', () => ['--log', 'xml'], /^--log: found "xml"/],
    ['a share that is none', () => ['--kill', '1.5'], /^--kill: found "1.5", expected a number from 0 to 1/],
  ])('%s', async (_name, args, message) => {
    const { code, stdout, stderr } = await start(...args());
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

test('an error of the app is shown as it is', async () => {
  const { code, stderr } = await start('--port', '0', '-c', 'chunkSize=many');
  expect(code).toBe(1);
  expect(stderr).toContain('context key chunkSize: found "many", expected a whole number from 1 to 1000');
});

test('--help explains the options', async () => {
  const { code, stdout } = await start('--help');
  expect(code).toBe(0);
  for (const option of ['--port', '--data', '--demo', '--context', '--log', '--kill'])
    expect(stdout).toContain(option);
});

test('options have defaults', () => {
  expect(parseStartOptions([])).toEqual({
    help: false,
    port: 3000,
    dataFile: undefined,
    demoSize: undefined,
    context: {},
    killShare: 0,
    log: 'pretty',
  });
});

test('context values are text, and may hold =', () => {
  const { context } = parseStartOptions(['-c', 'a=1', '--context', 'b=x=y', '-c', 'c=']);
  expect(context).toEqual({ a: '1', b: 'x=y', c: '' });
});

test.each(['-1', '65536', '3000x', '', ' 1', '1e3'])('%j is no port', (port) => {
  expect(() => parseStartOptions([`--port=${port}`])).toThrow(UsageError);
});
