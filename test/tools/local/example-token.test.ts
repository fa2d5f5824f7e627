/** Tests when the local stack offers its example token: whenever the functions accept it, and never else. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../../lib/config.ts';
import { makeKeyEnvironment, makeTokenEnvironment } from '../../../lib/token-rules.ts';
import { findForeignIssuer } from '../../../tools/local/example-token.ts';
import { AUDIENCE, ISSUER, Issuer } from '../../../tools/local/issuer.ts';
import type { LambdaFunction } from '../../../tools/local/template/read-functions.ts';
import { formatWelcome } from '../../../tools/local/welcome.ts';

const SAMPLE = { tenant: { accountId: 7, projectId: 'P'.repeat(26) }, targetGroupIds: ['T'.repeat(26)] };

let issuer: Issuer;

beforeAll(async () => {
  issuer = await Issuer.load();
});

/** Finds the foreign issuer of a stack with these settings. */
function find(settings: Record<string, unknown>, sample: typeof SAMPLE | undefined = SAMPLE) {
  const config = readConfig({ issuer: ISSUER, audience: AUDIENCE, ...settings });
  const environment = { ...makeKeyEnvironment(config), ...makeTokenEnvironment(config) };
  const functions = [{ environment: {} }, { environment }];
  return findForeignIssuer(functions as unknown as LambdaFunction[], issuer, sample);
}

describe('the token of the local issuer is offered', () => {
  test.each([
    {},
    { audience: ['others', AUDIENCE] },
    { scopesClaim: ['scp', 'scope'] },
    { accountsByClient: { cli: [1] } },
  ])('with the settings %j', async (settings) => {
    expect(await find(settings)).toBeUndefined();
  });

  test('where no function verifies tokens', async () => {
    expect(await findForeignIssuer([], issuer, SAMPLE)).toBeUndefined();
  });
});

describe('it is not offered', () => {
  test.each<Record<string, unknown>>([
    { issuer: 'https://corp.example/' },
    { issuer: 'http://127.0.0.1:9000' },
    { audience: 'others' },
    { clientIds: 'cli', audience: 'others' },
    { accountsClaim: 'https://corp.example/account_ids' },
    { scopesClaim: 'permissions' },
    { writeScope: 'fielding/write' },
    { readScope: 'fielding/read' },
    { callerClaims: 'email' },
  ])('with the settings %j', async (settings) => {
    expect(await find(settings)).toBe(settings['issuer'] ?? ISSUER);
  });

  test('for want of an audience alone, where there is no sample', async () => {
    expect(await find({ audience: 'others' }, undefined)).toBe(ISSUER);
  });
});

test('the printed commands make a token of the local issuer, or ask for one of the other', () => {
  const at = { url: 'http://127.0.0.1:1', apiUrl: 'http://127.0.0.1:1/jobs' };
  const local = formatWelcome(at, SAMPLE);
  expect(local).toContain(
    '\nTOKEN=$(npm run --silent token -- --account 7)\nPROJECT=http://127.0.0.1:1/jobs/demand/accounts/7/',
  );
  const foreign = formatWelcome(at, SAMPLE, 'https://corp.example/');
  expect(foreign).not.toContain('npm run');
  expect(foreign).toContain(
    '\n# with TOKEN set to a token for account 7, of the issuer\n# https://corp.example/\n',
  );
  expect(foreign.replace(/# with .*\n# .*\n/, '')).toBe(
    local
      .replace(/TOKEN=.*\n/, '')
      .replace(/example-[0-9a-f]+/g, /example-[0-9a-f]+/.exec(foreign)?.[0] ?? '')
      .replace(/resume\/[0-9A-Z]{26}/, /resume\/[0-9A-Z]{26}/.exec(foreign)?.[0] ?? ''),
  );
});
