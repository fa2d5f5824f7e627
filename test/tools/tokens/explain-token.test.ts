/** Tests the command that says what would be answered to a token, and why. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PROJECT } from '../../../tools/kit/project.ts';
import { type ProgramResult, runProgram } from '../../support/run-program.ts';
import { TestIssuer } from '../../support/test-issuer.ts';

const ISSUER = 'https://issuer.test/';

let issuer: TestIssuer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'explain-'));
  issuer = await TestIssuer.start();
  await issuer.addKey('k1');
  writeFileSync(join(folder, 'keys.json'), JSON.stringify(issuer.makeKeySet()));
});
afterAll(async () => {
  await issuer.stop();
  rmSync(folder, { recursive: true });
});

function explain(token: string, ...args: string[]): Promise<ProgramResult> {
  const settings = [`issuer=${ISSUER}`, 'audience=jobs', `jwksUrl=${issuer.url}`];
  const all = [...settings.flatMap((each) => ['-c', each]), ...args];
  return runProgram(process.execPath, ['tools/tokens/run-explain-token.ts', ...all], {
    cwd: PROJECT,
    stdin: token,
  });
}

const sign = (claims: Record<string, unknown>) =>
  issuer.sign('k1', {
    iss: ISSUER,
    aud: 'jobs',
    sub: 'u',
    exp: Math.floor(Date.now() / 1_000) + 60,
    ...claims,
  });

const GOOD = { account_ids: ['101'], scope: ['batch-jobs:write'] };

describe('a token that verifies', () => {
  test('is answered for each of its accounts', async () => {
    const { code, stdout, stderr } = await explain(await sign(GOOD));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'signature: good',
      expect.stringMatching(/^caller: [0-9a-f-]{36}$/),
      'accounts: 101',
      'scopes: batch-jobs:write',
      'accounts claim: a list of 1 text',
      'scopes claim scope: a list of 1 text',
      'create a job on account 101: 201',
      'read jobs and fielding runs on account 101: 403, The token lacks a scope. (batch-jobs:read)',
      '',
    ]);
  });

  test('but covers nothing is refused for that, with exit code 1', async () => {
    const { code, stdout } = await explain(
      await sign({ account_ids: '101; DROP', scope: 'batch-jobs:write' }),
    );
    expect(code).toBe(1);
    expect(stdout).toContain('\naccounts claim: a text\n');
    expect(stdout).toContain('\ncreate a job on any account: 403, The token does not cover the account.\n');
  });

  test('is judged by settings of -c, for an account of --account', async () => {
    const args = ['-c', 'accountsByClient={"cli":[7]}', '-c', 'scopesClaim=["roles"]', '--account', '7'];
    const { code, stdout } = await explain(
      await sign({ sub: 'cli', client_id: 'cli', roles: ['batch-jobs:write'] }),
      ...args,
    );
    expect(code).toBe(0);
    expect(stdout).toContain(
      '\naccounts claim: nothing\naccountsByClient used\nscopes claim roles: a list of 1 text\n',
    );
    expect(stdout).toContain('\ncreate a job on account 7: 201\n');
  });

  test('may be given with its scheme, and be verified with keys in a file', async () => {
    const token = await sign(GOOD);
    const { code, stdout } = await explain(`Bearer ${token}\n`, '--keys', join(folder, 'keys.json'));
    expect({ code, start: stdout.split('\n')[0] }).toEqual({ code: 0, start: 'signature: good' });
  });
});

describe('a token that does not verify is refused everywhere', () => {
  test.each<[string, () => Promise<string> | string, string[], RegExp]>([
    [
      'its audience',
      () => sign({ ...GOOD, aud: 'x' }),
      [],
      /^every call: 401, .* \(aud claim: a text, not the audience\)/,
    ],
    ['its expiry', () => sign({ exp: 1 }), [], /^every call: 401, .* \(ERR_JWT_EXPIRED: /],
    ['its issuer', () => sign({ iss: 'x' }), ['--no-signature'], /^every call: 401, .*unexpected "iss"/],
    ['its form', () => 'nonsense', [], /^every call: 401, .* \(not one bearer token\)/],
    ['its form, though the signature is not checked', () => 'a.b', ['--no-signature'], /^every call: 401, /],
    [
      'its signature',
      async () => `${(await sign(GOOD)).slice(0, -8)}AAAAAAAA`,
      [],
      /signature verification failed/,
    ],
  ])('for %s, and exit code 1 says so', async (_name, make, args, expected) => {
    const { code, stdout } = await explain(await make(), ...args);
    expect(stdout).toMatch(expected);
    expect(code).toBe(1);
  });
});

test('without the signature, nothing is fetched and all else is checked', async () => {
  const before = issuer.requestCount;
  const token = `${(await sign(GOOD)).slice(0, -8)}AAAAAAAA`;
  const { code, stdout } = await explain(token, '--no-signature');
  expect({ code, start: stdout.split('\n')[0] }).toEqual({ code: 0, start: 'signature: not checked' });
  expect(issuer.requestCount).toBe(before);
});

describe('a wrong command line is one clear line, with exit code 2:', () => {
  test.each<[string, string[], string, RegExp]>([
    ['no token', [], ' ', /^standard input: found nothing, expected a token\n$/],
    [
      'a setting that is wrong',
      ['-c', 'scopesClaim=[]'],
      'x',
      /^context key scopesClaim: found "\[\]", expected /,
    ],
    ['a context value without =', ['-c', 'x'], 'x', /^--context: found "x", expected key=value\n$/],
    [
      'a file of keys that is not there',
      ['--keys', 'gone.json'],
      'x',
      /^--keys gone\.json: there is no such file\n$/,
    ],
    [
      'a file without keys',
      ['--keys', 'package.json'],
      'x',
      /^--keys package\.json: found no key set, expected /,
    ],
    ['an account that is none', ['--account', '0'], 'x', /^--account: found "0"/],
  ])('%s', async (_name, args, token, message) => {
    const { code, stdout, stderr } = await explain(token, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

test('--help prints the options', async () => {
  const { code, stdout } = await explain('', '--help');
  expect(code).toBe(0);
  expect(stdout).toMatch(/--no-signature/);
});
