/** Makes valid, insufficient and forged tokens. It signs them itself, to set any header or claim. */
import { createHmac, createPrivateKey, createPublicKey, createSign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SCOPE_OF, SCOPES } from '../../../api/scopes.ts';
import { ALL_SCOPES, AUDIENCE, Issuer, ISSUER } from '../../../tools/local/issuer.ts';
import { PROJECT } from '../../../tools/kit/project.ts';
import { SUBJECT } from '../../support/client.ts';

export interface Token {
  readonly name: string;
  /** The JWT. */
  readonly text: string;
  /** The accounts and scopes that it grants; none if it must not verify. */
  readonly accounts: readonly number[];
  readonly scopes: readonly string[];
}

const LINES = 'a\r\n{"level":"INFO","message":"job.created"}\u001b[2J\u2028';

/**
 * @param account the account of the valid tokens
 * @param other an account that they do not cover
 */
export async function makeTokens(account: number, other: number): Promise<Token[]> {
  const { kid, key } = await issuerKey();
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
    signed(key, JSON.stringify({ ...header, ...headerChange }), JSON.stringify({ ...claims, ...change }));
  const good = sign();
  const accounts = [account];
  const able = (name: string, text: string, more: Partial<Token> = {}): Token => {
    return { name, text, accounts, scopes: SCOPES, ...more };
  };
  const unable = (name: string, text: string) => able(name, text, { accounts: [], scopes: [] });
  const [head = '', body = '', signature = ''] = good.split('.');
  return [
    able('good', good),
    able('of hostile subject', sign({ sub: LINES })),
    able('with claims of every object', withRaw(key, header, claims)),
    able('of many accounts', sign({ account_ids: [account, ...Array(200).keys()] }), { accounts }),
    able('to read', sign({ scope: SCOPE_OF.getJob }), { scopes: [SCOPE_OF.getJob] }),
    able('to write', sign({ scope: SCOPE_OF.createJob }), { scopes: [SCOPE_OF.createJob] }),
    able('of another account', sign({ account_ids: [other] }), { accounts: [other] }),
    unable('of no account', sign({ account_ids: [] })),
    unable('of accounts as text', sign({ account_ids: [String(account)], scope: [ALL_SCOPES] })),
    unable('expired', sign({ exp: now - 600 })),
    unable('of another audience', sign({ aud: LINES })),
    unable('of another issuer', sign({ iss: LINES })),
    unable('with a hostile crit', sign({}, { crit: [LINES.repeat(200)], [LINES.repeat(200)]: 1 })),
    unable('with a hostile kid', sign({}, { kid: LINES })),
    unable('with a hostile alg', sign({}, { alg: LINES })),
    unable('unsigned', `${encode('{"alg":"none"}')}.${body}.`),
    unable('signed with the public key', symmetric(key, kid, body)),
    unable('with another signature', `${head}.${body}.${signature.split('').reverse().join('')}`),
    unable('with another body', `${head}.${encode(JSON.stringify({ ...claims, sub: 'x' }))}.${signature}`),
    unable('of five parts', `${good}.e30.e30`),
    unable('cut off', good.slice(0, -20)),
    unable('of 100 KB', `${head}.${'A'.repeat(100_000)}.${signature}`),
  ];
}

const storedKey = z.looseObject({ kty: z.string(), kid: z.string() });

async function issuerKey(): Promise<{ kid: string; key: KeyObject }> {
  await Issuer.load();
  const jwk = storedKey.parse(JSON.parse(readFileSync(join(PROJECT, '.local', 'issuer-key.json'), 'utf8')));
  return { kid: jwk.kid, key: createPrivateKey({ key: jwk, format: 'jwk' }) };
}

function signed(key: KeyObject, header: string, payload: string): string {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
}

/** Writes `__proto__` into the JSON text: only there it is a claim like any other. */
function withRaw(key: KeyObject, header: object, claims: object): string {
  const payload = JSON.stringify({ ...claims, constructor: { prototype: { polluted: 1 } } });
  return signed(key, JSON.stringify(header), payload.replace('{', '{"__proto__":{"polluted":1},'));
}

function symmetric(key: KeyObject, kid: string, body: string): string {
  const text = `${encode(JSON.stringify({ alg: 'HS256', kid }))}.${body}`;
  const secret = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
