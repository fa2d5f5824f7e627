/** Tests which tokens are accepted, and which access their claims give (ADR 9). */
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CryptoKey, SignJWT, createLocalJWKSet, exportJWK, generateKeyPair } from 'jose';
import { ForbiddenError, UnauthenticatedError } from '../../src/domain/errors.ts';
import { makeAuthenticator, authorize } from '../../src/http/auth.ts';
import type { Caller } from '../../src/http/read-caller.ts';
import { makePropertySettings } from '../support/properties.ts';
import { makeRules } from '../support/token-rules.ts';

const ISSUER = 'https://issuer.test/';
const SUBJECT = '0190A8F0-5B7E-7C3A-9D55-3F1B6A2C4E11';
const RULES = makeRules({ issuer: ISSUER });

let privateKey: CryptoKey;
let publicKey: CryptoKey;
let authenticate: (authorization: string | undefined) => Promise<Caller>;

beforeAll(async () => {
  const pair = await generateKeyPair('RS256');
  ({ privateKey, publicKey } = pair);
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256' };
  authenticate = makeAuthenticator(RULES, createLocalJWKSet({ keys: [jwk] }));
});

function signToken(
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: ISSUER,
    aud: 'jobs',
    sub: SUBJECT,
    exp: now + 600,
    account_ids: [101, 102],
    scope: 'batch-jobs:write batch-jobs:read',
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
    .sign(privateKey);
}

const authenticateWith = async (claims?: Record<string, unknown>) =>
  authenticate(`Bearer ${await signToken(claims)}`);
const computeEpochSeconds = (offset: number) => Math.floor(Date.now() / 1000) + offset;

describe('a token', () => {
  test('that is valid gives its caller', async () => {
    const caller = await authenticateWith();
    expect(caller.userId).toBe(SUBJECT.toLowerCase());
    expect([...caller.accounts]).toEqual([101, 102]);
    expect([...caller.scopes]).toEqual(['batch-jobs:write', 'batch-jobs:read']);
  });

  test('is accepted with the scheme in any letter case', async () => {
    await expect(authenticate(`bearer ${await signToken()}`)).resolves.toBeDefined();
    await expect(authenticate(`BEARER   ${await signToken()}`)).resolves.toBeDefined();
  });

  test.each<[string, string | undefined]>([
    ['nothing', undefined],
    ['an empty value', ''],
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['a scheme alone', 'Bearer'],
    ['garbage', 'Bearer garbage'],
    ['three empty parts', 'Bearer ..'],
    ['three parts that are no token', 'Bearer a.b.c'],
    ['a tab', 'Bearer\ta.b.c'],
  ])('is refused if the header has %s', async (_name, header) => {
    await expect(authenticate(header)).rejects.toThrow(UnauthenticatedError);
  });

  test.each<[string, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://evil.test/' }],
    ['another audience', { aud: 'others' }],
    ['no audience', { aud: undefined }],
    ['a past expiry', { exp: computeEpochSeconds(-60) }],
    ['no expiry', { exp: undefined }],
    ['a start in the future', { nbf: computeEpochSeconds(120) }],
    ['no subject and no client', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['an empty subject beside a client', { sub: '', client_id: 'cli' }],
    ['null as subject beside a client', { sub: null, client_id: 'cli' }],
    ['a client that is no text', { sub: undefined, client_id: ['cli'] }],
  ])('with %s is refused', async (_name, claims) => {
    await expect(authenticateWith(claims)).rejects.toThrow(UnauthenticatedError);
  });

  test('may be as far from its time as the configuration says clocks may be apart', async () => {
    // Of 60 seconds.
    await expect(authenticateWith({ exp: computeEpochSeconds(-50) })).resolves.toBeDefined();
    await expect(authenticateWith({ nbf: computeEpochSeconds(50) })).resolves.toBeDefined();
  });

  test('that is refused leaves the reason in the log', async () => {
    await expect(authenticateWith({ exp: computeEpochSeconds(-600) })).rejects.toMatchObject({
      evidence: { reason: expect.stringMatching(/^ERR_JWT_EXPIRED: .*"exp"/) as unknown },
    });
  });

  test('is refused if the header has two of them', async () => {
    const one = await signToken();
    await expect(authenticate(`Bearer ${one},Bearer ${one}`)).rejects.toThrow(UnauthenticatedError);
    await expect(authenticate(`Bearer ${one}, Bearer ${one}`)).rejects.toThrow(UnauthenticatedError);
  });

  test('with a subject that is no UUID gives a UUID, which is always the same for that subject', async () => {
    const first = await authenticateWith({ sub: 'auth0|42' });
    expect(first.userId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect((await authenticateWith({ sub: 'auth0|42' })).userId).toBe(first.userId);
    expect((await authenticateWith({ sub: 'auth0|43' })).userId).not.toBe(first.userId);
    // It is derived from issuer and subject, and must not change because stored jobs have it.
    expect(first.userId).toBe('4bfbec90-4050-56de-9abb-9488864b0718');
  });
});

describe('claims of odd types never widen access', () => {
  test.each([
    [undefined],
    [null],
    [''],
    ['101;'],
    ['101; DROP'],
    ['101|102'],
    ['0101'],
    ['+101'],
    ['101 2147483648'],
    ['101,,102'],
    [',101'],
    ['101 '],
    ['101\n102'],
    ['１０１'],
    [2 ** 31],
    [-101],
    [101.5],
    [{ 101: true }],
    [{ 0: 101, length: 1 }],
    [['101 102']],
    [['101,102']],
    [['101.0', '0101', '1e2', ' 101', '-101', '2147483648']],
    [[[101]]],
    [[101.5, -1, 0, 2 ** 31]],
    [[]],
    [true],
  ])('accounts %j open no account', async (accounts) => {
    expect((await authenticateWith({ account_ids: accounts })).accounts.size).toBe(0);
  });

  test.each<[unknown]>([
    ...[undefined, null, '', 1, true, [], { scope: 'batch-jobs:write' }].map((each): [unknown] => [each]),
    [{ 0: 'batch-jobs:write', length: 1 }],
    [['batch-jobs:write batch-jobs:read']],
    [[['batch-jobs:write']]],
    ['batch-jobs:write,batch-jobs:read'],
  ])('scope %j gives no scope', async (scope) => {
    expect((await authenticateWith({ scope })).scopes.size).toBe(0);
  });

  /** Values that nearly name account 101. */
  const nearly101 = fc.constantFrom<unknown>(
    ...[
      '101',
      ' 101',
      '101.0',
      '0x65',
      [101],
      [[101]],
      { 0: 101 },
      { 101: 101 },
      101.5,
      -101,
      100.99,
      1.01e4,
    ],
    ...[{ length: 1, 0: 101 }, { valueOf: 101 }, true, null, 2 ** 32 + 101, Number.MAX_SAFE_INTEGER],
  );
  const accountsLike = fc.oneof(fc.array(fc.oneof(nearly101, fc.jsonValue())), nearly101, fc.jsonValue());

  /** Whether 101 stands in a claim as an account, told in another way than the code does. */
  const names101 = (claim: unknown): boolean => {
    if (typeof claim !== 'string') return [claim].flat().some((each) => each === 101 || each === '101');
    return /^(\d+(, ?| +))*101((, ?| +)\d+)*$/.test(claim);
  };

  test('an account is opened only by a claim in which exactly its number stands', async () => {
    await fc.assert(
      fc.asyncProperty(accountsLike, fc.boolean(), async (odd, withIt) => {
        const account_ids: unknown = withIt && Array.isArray(odd) ? [...(odd as unknown[]), 101] : odd;
        const { accounts } = await authenticateWith({ account_ids });
        expect(accounts.has(101)).toBe(names101(account_ids));
        for (const account of accounts) {
          expect(String(account)).toMatch(/^[1-9][0-9]*$/);
          expect(account).toBeLessThan(2 ** 31);
          expect(JSON.stringify(account_ids).match(/[\d.e+-]+/gi)).toContain(String(account));
        }
      }),
      makePropertySettings(300),
    );
  });

  test('a scope is given only by a text or a list that contains exactly its word', async () => {
    const words = fc.constantFrom(
      'batch-jobs:write',
      'batch-jobs:writes',
      'Batch-jobs:write',
      ',',
      '\t',
      '*',
      '',
    );
    const scopeLike = fc.oneof(
      fc.array(words, { maxLength: 4 }).map((each) => each.join(' ')),
      fc.array(words, { maxLength: 3 }).map((each) => each.join('')),
      fc.array(words),
      fc.dictionary(words, fc.boolean()),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(scopeLike, async (scope) => {
        const { scopes } = await authenticateWith({ scope });
        const given =
          (typeof scope === 'string' && ` ${scope} `.includes(' batch-jobs:write ')) ||
          (Array.isArray(scope) && scope.some((each) => each === 'batch-jobs:write'));
        expect(scopes.has('batch-jobs:write')).toBe(given);
      }),
      makePropertySettings(300),
    );
  });

  test('a subject of any type gives a UUID, or the token is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.uuid(), fc.jsonValue()), async (sub) => {
        const caller = await authenticateWith({ sub }).catch((error: unknown) => error);
        if (typeof sub === 'string' && sub !== '') {
          expect(caller).toHaveProperty(
            'userId',
            expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
          );
        } else {
          expect(caller).toBeInstanceOf(UnauthenticatedError);
        }
      }),
      makePropertySettings(300),
    );
    expect((await authenticateWith({ sub: 's'.repeat(5_000) })).userId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a configured claim name that every object has gives no access', async () => {
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty'];
    for (const name of names) {
      const rules = { ...RULES, accountsClaim: name, scopesClaims: [name], clientClaims: [name] };
      const odd = makeAuthenticator({ ...rules, accountsByClient: { cli: [101] } }, () => publicKey);
      const caller = await odd(`Bearer ${await signToken()}`);
      expect([caller.accounts.size, caller.scopes.size]).toEqual([0, 0]);
    }
  });

  test('a scope that only resembles the required one does not give it', async () => {
    const { scopes } = await authenticateWith({
      scope: 'xbatch-jobs:write batch-jobs:write2 BATCH-JOBS:WRITE',
    });
    expect(scopes.has('batch-jobs:write')).toBe(false);
  });
});

describe('authorization', () => {
  test('needs the account and the scope', async () => {
    const caller = await authenticateWith({ scope: 'batch-jobs:read' });
    expect(() => {
      authorize(caller, 101, 'getJob');
    }).not.toThrow();
    expect(() => {
      authorize(caller, 103, 'getJob');
    }).toThrow(ForbiddenError);
    expect(() => {
      authorize(caller, 101, 'createJob');
    }).toThrow(ForbiddenError);
  });
});
