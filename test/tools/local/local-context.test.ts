/** Tests with which context the local stack synthesizes the app. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { AUDIENCE, ISSUER } from '../../../tools/local/issuer.ts';
import { makeLocalContext } from '../../../tools/local/local-context.ts';

const URL = 'http://127.0.0.1:3000';

const project = mkdtempSync(join(tmpdir(), 'local-context-'));
mkdirSync(join(project, 'config'));
afterAll(() => {
  rmSync(project, { recursive: true });
});

test('the tokens are those of the local issuer, unless the user names another', async () => {
  expect(await makeLocalContext(URL, { chunkSize: '20' })).toEqual({
    audience: AUDIENCE,
    issuer: ISSUER,
    jwksUrl: `${URL}/_local/jwks.json`,
    chunkSize: '20',
  });
  const context = await makeLocalContext(URL, { issuer: 'https://login.example.org/' });
  expect(context).toMatchObject({ issuer: 'https://login.example.org/' });
  expect(context).not.toHaveProperty('jwksUrl');
});

test('account and region are those of this machine, and so is what a setting names there', async () => {
  const context = await makeLocalContext(URL, {
    region: 'cn-north-1',
    certificateArn: 'arn:aws-cn:acm:cn-north-1:123456789012:certificate/a:b',
    domainName: 'api.example.com',
  });
  expect(context).toMatchObject({
    account: '000000000000',
    region: 'us-east-1',
    certificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/a:b',
    domainName: 'api.example.com',
  });
});

// Some editors write a byte order mark, which the synthesis takes.
test.each(['', '\uFEFF'])('what a file of an environment names is moved too, after %j', async (mark) => {
  const certificateArn = 'arn:aws:acm:eu-central-1:123456789012:certificate/a';
  const text = JSON.stringify({ certificateArn, chunkSize: 20 });
  writeFileSync(join(project, 'config', 'staging.json'), mark + text);
  expect(await makeLocalContext(URL, { env: 'staging' }, project)).toMatchObject({
    env: 'staging',
    region: 'us-east-1',
    certificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/a',
  });
});

test.each(['bad', 'missing', '../package'])(
  'the file %s is left to the synthesis, which refuses it',
  async (env) => {
    writeFileSync(join(project, 'config', 'bad.json'), '{');
    expect(await makeLocalContext(URL, { env }, project)).toMatchObject({ env, account: '000000000000' });
  },
);
