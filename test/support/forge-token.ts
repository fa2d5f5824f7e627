/** Forges tokens with any header, any payload and any signature, to test that bad ones are refused. */
import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALL_SCOPES, AUDIENCE, ISSUER, Issuer } from '../../tools/local/issuer.ts';
import { SUBJECT } from './api-client.ts';
import { PROJECT } from '../../tools/kit/project.ts';

export interface LocalKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Reads the key of the local issuer. */
export async function readLocalKey(): Promise<LocalKey> {
  // Creates the file of the key if there is none.
  await Issuer.load();
  const text = readFileSync(join(PROJECT, '.local', 'issuer-key.json'), 'utf8');
  const jwk = JSON.parse(text) as { kid: string };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return { kid: jwk.kid, privateKey, publicKey: createPublicKey(privateKey) };
}

/** Returns the time `offset` seconds from now, in epoch seconds. */
export const computeEpochSeconds = (offset: number) => Math.floor(Date.now() / 1000) + offset;

/** Returns claims of the local issuer that permit everything on account 101, overridden by `changes`. */
export function makeGoodClaims(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: SUBJECT,
    iat: computeEpochSeconds(0),
    exp: computeEpochSeconds(600),
    account_ids: [101],
    scope: ALL_SCOPES,
    ...changes,
  };
}

export const encodeBase64url = (text: string | Buffer) => Buffer.from(text).toString('base64url');

/** Returns the signature of the first two parts of a token. */
export type Sign = (signed: string) => Buffer;

export const makeRs256Signer =
  (key: KeyObject): Sign =>
  (signed) =>
    sign('RSA-SHA256', Buffer.from(signed), key);

export const makeHs256Signer =
  (secret: string | Buffer): Sign =>
  (signed) =>
    createHmac('sha256', secret).update(signed).digest();

export const leaveUnsigned: Sign = () => Buffer.alloc(0);

/**
 * Returns a token.
 * @param payload claims, or the raw payload
 */
export function forgeToken(
  header: Readonly<Record<string, unknown>>,
  payload: Readonly<Record<string, unknown>> | string | Buffer,
  signature: Sign,
): string {
  const whole = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
  const signed = `${encodeBase64url(JSON.stringify(header))}.${encodeBase64url(whole)}`;
  return `${signed}.${encodeBase64url(signature(signed))}`;
}
