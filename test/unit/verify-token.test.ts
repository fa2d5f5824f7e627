/** Tests the verification with key sets in which ids are missing or stand twice. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type CryptoKey, errors, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { makeKeyFinder, verifyToken } from '../../src/http/verify-token.ts';

interface Pair {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

let first: Pair;
let second: Pair;
let other: Pair;

async function makePair(): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig' } };
}

beforeAll(async () => {
  [first, second, other] = await Promise.all([makePair(), makePair(), makePair()]);
});

async function verify(keys: JWK[], by: Pair, kid?: string, issuer = 'i') {
  const header = { alg: 'ES256', ...(kid !== undefined && { kid }) };
  const token = await new SignJWT({ iss: 'i' }).setProtectedHeader(header).sign(by.privateKey);
  return verifyToken(token, makeKeyFinder({ keys }), { issuer, algorithms: ['ES256'] });
}

const withId = ({ jwk }: Pair, kid: string): JWK => ({ ...jwk, kid });

describe('a token verifies with the second of two keys', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['that have one id', () => verify([withId(first, 'k'), withId(second, 'k')], second, 'k')],
    ['that have no id', () => verify([first.jwk, second.jwk], second, 'k')],
    ['that have no id, as it has none itself', () => verify([first.jwk, second.jwk], second)],
    ['of which it names none', () => verify([withId(first, 'a'), withId(second, 'b')], second)],
    ['of which the first has another id', () => verify([withId(first, 'a'), second.jwk], second, 'k')],
  ])('%s', async (_name, run) => {
    await expect(run()).resolves.toEqual({ iss: 'i' });
  });
});

describe('a token is refused', () => {
  test('when none of the keys that match has signed it', async () => {
    const doubled = [withId(first, 'k'), withId(second, 'k')];
    await expect(verify(doubled, other, 'k')).rejects.toThrow(errors.JWSSignatureVerificationFailed);
    await expect(verify([first.jwk, second.jwk], other)).rejects.toThrow(errors.JWKSNoMatchingKey);
    await expect(verify([first.jwk], other, 'k')).rejects.toThrow(errors.JWKSNoMatchingKey);
  });

  test('when its key has another id, though the key is in the set', async () => {
    const keys = [withId(first, 'a'), withId(second, 'b')];
    await expect(verify(keys, first, 'k')).rejects.toThrow(errors.JWKSNoMatchingKey);
    await expect(verify([...keys, other.jwk], first, 'k')).rejects.toThrow(errors.JOSEError);
    await expect(verify([...keys, other.jwk], first, 'b')).rejects.toThrow(errors.JOSEError);
  });

  test('for its claims, when the second of two keys has signed it', async () => {
    const keys = [withId(first, 'k'), withId(second, 'k'), withId(other, 'k')];
    await expect(verify(keys, second, 'k', 'another issuer')).rejects.toMatchObject({ claim: 'iss' });
  });

  test('when the set is empty', async () => {
    await expect(verify([], first, 'k')).rejects.toThrow(errors.JWKSNoMatchingKey);
    await expect(verify([], first)).rejects.toThrow(errors.JWKSNoMatchingKey);
  });
});
