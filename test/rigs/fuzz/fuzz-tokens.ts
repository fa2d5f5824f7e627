/** Makes valid, insufficient and forged tokens. It signs them itself, to set any header or claim. */
import { createHmac, createPrivateKey, createPublicKey, createSign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SCOPE_OF, SCOPES } from '../../../api/scopes.ts';
import { ALL_SCOPES, AUDIENCE, Issuer, ISSUER } from '../../../tools/local/issuer.ts';
import { PROJECT } from '../../../tools/kit/project.ts';
import { SUBJECT } from '../../support/api-client.ts';

export interface Token {
  readonly name: string;
  /** The JWT. */
  readonly text: string;
  /** The accounts and scopes that it grants; none if it must not verify. */
  readonly accounts: readonly number[];
  readonly scopes: readonly string[];
}

/** Name of the valid token that does not cover the account. */
export const FOREIGN_TOKEN = 'of another account';

const LINES = 'a\r\n{"level":"INFO","message":"job.created"}\u001b[2J\u2028';

/**
 * @param account the account of the valid tokens
 * @param other an account that they do not cover
 */
export async function makeTokens(account: number, other: number): Promise<Token[]> {
  const { kid, key } = await readIssuerKey();
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: 'RS256', kid, typ: 'JWT' };
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: SUBJECT,
    exp: now + 7200,
    account_ids: [account],
    scope: ALL_SCOPES,
  };
  const sign = (change: object = {}, headerChange: object = {}) =>
    signJwt(key, JSON.stringify({ ...header, ...headerChange }), JSON.stringify({ ...claims, ...change }));
  const good = sign();
  const accounts = [account];
  const makeToken = (name: string, text: string, more: Partial<Token> = {}): Token => {
    return { name, text, accounts, scopes: SCOPES, ...more };
  };
  const makeInvalidToken = (name: string, text: string) =>
    makeToken(name, text, { accounts: [], scopes: [] });
  const [head = '', body = '', signature = ''] = good.split('.');
  return [
    makeToken('good', good),
    makeToken('of hostile subject', sign({ sub: LINES })),
    makeToken('with claims of every object', signRawClaims(key, header, claims)),
    makeToken('of many accounts', sign({ account_ids: [account, ...Array(200).keys()] }), { accounts }),
    makeToken('to read', sign({ scope: SCOPE_OF.getJob }), { scopes: [SCOPE_OF.getJob] }),
    makeToken('to write', sign({ scope: SCOPE_OF.createJob }), { scopes: [SCOPE_OF.createJob] }),
    makeToken(FOREIGN_TOKEN, sign({ account_ids: [other] }), { accounts: [other] }),
    makeInvalidToken('of no account', sign({ account_ids: [] })),
    makeToken('of accounts as text', sign({ account_ids: String(account), scope: SCOPES })),
    makeToken('of scopes in one element', sign({ scope: [ALL_SCOPES] }), { scopes: [] }),
    makeInvalidToken('of accounts as text that says more', sign({ account_ids: `${account}; DROP` })),
    makeInvalidToken('expired', sign({ exp: now - 600 })),
    makeInvalidToken('of another audience', sign({ aud: LINES })),
    makeInvalidToken('of another issuer', sign({ iss: LINES })),
    makeInvalidToken('with a hostile crit', sign({}, { crit: [LINES.repeat(200)], [LINES.repeat(200)]: 1 })),
    makeInvalidToken('with a hostile kid', sign({}, { kid: LINES })),
    makeInvalidToken('with a hostile alg', sign({}, { alg: LINES })),
    makeInvalidToken('unsigned', `${encode('{"alg":"none"}')}.${body}.`),
    makeInvalidToken('signed with the public key', signWithPublicKey(key, kid, body)),
    makeInvalidToken('with another signature', `${head}.${body}.${signature.split('').reverse().join('')}`),
    makeInvalidToken(
      'with another body',
      `${head}.${encode(JSON.stringify({ ...claims, sub: 'x' }))}.${signature}`,
    ),
    makeInvalidToken('of five parts', `${good}.e30.e30`),
    makeInvalidToken('cut off', good.slice(0, -20)),
    makeInvalidToken('of 100 KB', `${head}.${'A'.repeat(100_000)}.${signature}`),
  ];
}

const storedKey = z.looseObject({ kty: z.string(), kid: z.string() });

async function readIssuerKey(): Promise<{ kid: string; key: KeyObject }> {
  await Issuer.load();
  const jwk = storedKey.parse(JSON.parse(readFileSync(join(PROJECT, '.local', 'issuer-key.json'), 'utf8')));
  return { kid: jwk.kid, key: createPrivateKey({ key: jwk, format: 'jwk' }) };
}

function signJwt(key: KeyObject, header: string, payload: string): string {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
}

/** Writes `__proto__` into the JSON text: only there it is a claim like any other. */
function signRawClaims(key: KeyObject, header: object, claims: object): string {
  const payload = JSON.stringify({ ...claims, constructor: { prototype: { polluted: 1 } } });
  return signJwt(key, JSON.stringify(header), payload.replace('{', '{"__proto__":{"polluted":1},'));
}

function signWithPublicKey(key: KeyObject, kid: string, body: string): string {
  const text = `${encode(JSON.stringify({ alg: 'HS256', kid }))}.${body}`;
  const secret = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
