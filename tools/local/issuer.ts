/** The local issuer of tokens: a key that is made once and stays in `.local/`, for stack and token command. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  calculateJwkThumbprint,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
} from 'jose';
import { z } from 'zod';
import { SCOPES } from '../../api/scopes.ts';
import { codeOf, UsageError } from '../kit/errors.ts';
import { parseJson } from '../kit/json.ts';
import { PROJECT } from '../kit/project.ts';

/** Does not depend on the port, so that a token works wherever the stack listens. */
export const ISSUER = 'http://localhost/_local/issuer';
export const AUDIENCE = 'fielding-jobs-local';

/** The scopes of a token that may do everything. */
export const ALL_SCOPES = SCOPES.join(' ');

/** Who tokens are for when nobody says. */
export const DEFAULT_SUBJECT = '11111111-1111-4111-8111-111111111111';

const ALGORITHM = 'RS256';
const KEY_FILE = join(PROJECT, '.local', 'issuer-key.json');

const storedKey = z.looseObject({ kty: z.literal('RSA'), kid: z.string(), d: z.string() });

export interface TokenClaims {
  readonly accounts: readonly number[];
  /** Separated by spaces. */
  readonly scope: string;
  /** `sub` */
  readonly subject: string;
  readonly ttlSeconds: number;
}

export class Issuer {
  /** The public key as a JWKS. */
  readonly jwks: { readonly keys: readonly JWK[] };
  private readonly key: CryptoKey;
  private readonly kid: string;

  private constructor(key: CryptoKey, publicKey: JWK, kid: string) {
    this.key = key;
    this.kid = kid;
    this.jwks = { keys: [{ ...publicKey, kid, alg: ALGORITHM, use: 'sig' }] };
  }

  /**
   * Loads the key, and makes it first if there is none.
   * @throws UsageError when the file holds no key
   */
  static async load(file = KEY_FILE): Promise<Issuer> {
    const text = await readFile(file, 'utf8').catch(async (error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
      await makeKey(file);
      return readFile(file, 'utf8');
    });
    const jwk = parseKey(file, text);
    const key = await importJWK(jwk, ALGORITHM);
    if (key instanceof Uint8Array) throw badKey(file);
    return new Issuer(key, { kty: 'RSA', n: String(jwk['n']), e: String(jwk['e']) }, jwk.kid);
  }

  sign(claims: TokenClaims): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ account_ids: [...claims.accounts], scope: claims.scope })
      .setProtectedHeader({ alg: ALGORITHM, kid: this.kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(claims.subject)
      .setIssuedAt(now)
      .setExpirationTime(now + claims.ttlSeconds)
      .sign(this.key);
  }
}

/** Two processes may do this at once: the first to put its key in place wins, and never half of a key. */
async function makeKey(file: string): Promise<void> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const text = JSON.stringify({ ...jwk, kid: await calculateJwkThumbprint(jwk) });
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, text, { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function parseKey(file: string, text: string): z.output<typeof storedKey> {
  const { success, data } = storedKey.safeParse(parseJson(text));
  if (!success) throw badKey(file);
  return data;
}

function badKey(file: string): UsageError {
  return new UsageError(`${file}: not a key of the local issuer; delete it and a new one is made`);
}
