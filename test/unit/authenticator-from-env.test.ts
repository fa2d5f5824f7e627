/** Tests how an HTTP function authenticates while the issuer cannot be reached, and what its log says. */
import { afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { type CryptoKey, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { IssuerUnreachableError, ServiceUnavailableError } from '../../src/domain/errors.ts';
import type { KeySet, KeySource } from '../../src/domain/key-set.ts';
import type { makeAuthenticatorFromEnv as MakeAuthenticator } from '../../src/http/authenticator-from-env.ts';
import { captureLines } from '../support/capture-lines.ts';
import { makeRules } from '../support/token-rules.ts';

const { issuer: TOKEN_ISSUER, ...TOKEN_RULES } = makeRules();
const SOURCE: KeySource = { issuer: TOKEN_ISSUER };
const HOUR_MS = 3_600_000;

let makeAuthenticatorFromEnv: typeof MakeAuthenticator;
let privateKey: CryptoKey;
let json: string;
/** The log lines that the function printed, parsed. */
let printed: Record<string, unknown>[];

beforeAll(async () => {
  process.env['POWERTOOLS_LOG_LEVEL'] = 'DEBUG';
  ({ makeAuthenticatorFromEnv } = await import('../../src/http/authenticator-from-env.ts'));
  const pair = await generateKeyPair('ES256');
  ({ privateKey } = pair);
  json = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }] });
});

beforeEach(() => {
  printed = captureLines();
});
afterEach(() => {
  jest.restoreAllMocks();
});

async function signToken(): Promise<string> {
  const claims = { iss: TOKEN_ISSUER, aud: 'jobs', sub: 's', account_ids: [101] };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setExpirationTime('1h')
    .sign(privateKey);
}

/** Starts a function, and calls it with a good token. */
async function authenticate(fetchKeySet: () => Promise<KeySet>, find: () => Promise<KeySet | undefined>) {
  const asked: KeySource[] = [];
  const call = await makeAuthenticatorFromEnv(
    { TOKEN_ISSUER, TOKEN_RULES },
    {
      source: SOURCE,
      issuer: { fetchKeySet },
      keySets: {
        find: (source) => {
          asked.push(source);
          return find();
        },
        save: () => Promise.resolve(true),
      },
      maxAgeMs: HOUR_MS,
    },
  );
  return { asked, answer: call(`Bearer ${await signToken()}`) };
}

const refuse = () =>
  Promise.reject(new IssuerUnreachableError('The token issuer answered 503, not 200.', {}));

test('the keys of the issuer are used while it answers, and nothing is logged', async () => {
  const { asked, answer } = await authenticate(
    () => Promise.resolve({ json, fetchedAt: Date.now() }),
    () => Promise.reject(new Error('not needed')),
  );
  await expect(answer).resolves.toMatchObject({ accounts: new Set([101]) });
  expect(asked).toEqual([]);
  expect(printed).toEqual([]);
});

test('the stored keys are used while it does not, and the log says so with their age', async () => {
  const fetchedAt = Date.now() - HOUR_MS / 2;
  const { asked, answer } = await authenticate(refuse, () => Promise.resolve({ json, fetchedAt }));
  await expect(answer).resolves.toMatchObject({ accounts: new Set([101]) });
  expect(asked).toEqual([SOURCE]);
  expect(printed).toMatchObject([
    { level: 'WARN', message: 'issuer.unreachable', error: { name: 'IssuerUnreachableError' } },
    { level: 'INFO', message: 'key-set.restored' },
  ]);
  const age = Number(printed[1]?.['age_ms']);
  expect(age).toBeGreaterThanOrEqual(HOUR_MS / 2);
  expect(age).toBeLessThan(HOUR_MS / 2 + 60_000);
});

test('stored keys that are too old are not used', async () => {
  const fetchedAt = Date.now() - HOUR_MS - 1;
  const { answer } = await authenticate(refuse, () => Promise.resolve({ json, fetchedAt }));
  await expect(answer).rejects.toThrow(ServiceUnavailableError);
  expect(printed.map(({ message }) => message)).not.toContain('key-set.restored');
});

test('without either, a call can be repeated later, and the log says why', async () => {
  const { answer } = await authenticate(refuse, () => Promise.reject(new Error('throttled')));
  await expect(answer).rejects.toThrow(ServiceUnavailableError);
  expect(printed).toContainEqual(
    expect.objectContaining({
      level: 'WARN',
      message: 'key-set.not-read',
      error: expect.objectContaining({ message: 'throttled' }) as unknown,
    }),
  );
});
