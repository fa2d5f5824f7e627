/** Tests the local issuer: its key, its tokens, and the command that prints tokens. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { PROJECT } from '../../../tools/kit/project.ts';
import { AUDIENCE, ISSUER, Issuer } from '../../../tools/local/issuer.ts';
import { type ProgramResult, runProgram } from '../../support/run-program.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'issuer-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function runTokenCommand(...args: string[]): Promise<ProgramResult> {
  return runProgram(process.execPath, ['tools/local/print-token.ts', ...args], { cwd: PROJECT });
}

async function verify(issuer: Issuer, jwt: string) {
  const keys = createLocalJWKSet({ keys: [...issuer.jwks.keys] });
  return jwtVerify(jwt, keys, { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'] });
}

describe('the key', () => {
  test('is made once, even by two calls at a time, and only its owner may read the file', async () => {
    const file = join(folder, 'new', 'key.json');
    const [one, two] = await Promise.all([Issuer.load(file), Issuer.load(file)]);
    expect(one.jwks).toEqual(two.jwks);
    expect((await Issuer.load(file)).jwks).toEqual(one.jwks);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('is published without its private part', async () => {
    const file = join(folder, 'public.json');
    const issuer = await Issuer.load(file);
    const stored = JSON.parse(readFileSync(file, 'utf8')) as { d: string };
    expect(Object.keys(issuer.jwks.keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect(JSON.stringify(issuer.jwks)).not.toContain(stored.d);
  });

  test('in a damaged file is an error that names the file', async () => {
    const file = join(folder, 'broken.json');
    writeFileSync(file, '{"kty":"RSA"}');
    await expect(Issuer.load(file)).rejects.toThrow(file);
  });
});

describe('the token command', () => {
  test('prints one token and nothing else', async () => {
    const { code, stdout, stderr } = await runTokenCommand('--account', '101');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { payload, protectedHeader } = await verify(await Issuer.load(), stdout.trim());
    expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: expect.any(String) });
    expect(payload).toMatchObject({ account_ids: [101], scope: 'batch-jobs:write batch-jobs:read' });
    expect(payload.sub).toMatch(/^[0-9a-f-]{36}$/);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3_600);
  });

  test('takes accounts, scopes, subject and time to live', async () => {
    const { stdout } = await runTokenCommand(
      ...['--account', '101', '--account', '102', '--scope', 'batch-jobs:read', '--sub', 'me', '--ttl', '60'],
    );
    const { payload } = await verify(await Issuer.load(), stdout.trim());
    expect(payload).toMatchObject({ account_ids: [101, 102], scope: 'batch-jobs:read', sub: 'me' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
  });

  test.each<[string[], RegExp]>([
    [[], /^--account is missing/],
    [['--account', 'x'], /^--account: found "x", expected a whole number from 1 to 2147483647/],
    [['--account', '0'], /^--account: found "0"/],
    [['--account', '1', '--ttl', 'long'], /^--ttl: found "long"/],
    [['--account', '1', '--sub', ''], /^--sub/],
    [['--acount', '1'], /^Unknown option '--acount'/],
    [['--account', '1', 'more'], /^Unexpected argument 'more'/],
    [['--account', '1', '--ttl', '-5'], /^Option '--ttl' argument is ambiguous/],
  ])('with the options %j prints a one-line error and exits with 2', async (args, message) => {
    const { code, stdout, stderr } = await runTokenCommand(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
