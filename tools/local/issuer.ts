/** Signs the tokens of the local stack, with a key that is created once and stored in `.local/`. */
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
import { getErrorCode, UsageError } from '../kit/tool-errors.ts';
import { parseJson } from '../kit/json.ts';
import { PROJECT } from '../kit/project.ts';

/** The same for every port, so that a token works for each local stack. */
export const ISSUER = 'http://localhost/_local/issuer';
export const AUDIENCE = 'fielding-jobs-local';

/** All scopes, separated by spaces. */
export const ALL_SCOPES = SCOPES.join(' ');

/** The default subject of tokens. */
export const DEFAULT_SUBJECT = '11111111-1111-4111-8111-111111111111';

const ALGORITHM = 'RS256';
const KEY_FILE = join(PROJECT, '.local', 'issuer-key.json');

const storedKey = z.looseObject({ kty: z.literal('RSA'), kid: z.string(), d: z.string() });

export interface TokenClaims {
  readonly accounts: readonly number[];
  /** Scopes, separated by spaces. */
  readonly scope: string;
  /** The claim `sub`. */
  readonly subject: string;
  readonly ttlSeconds: number;
}

export class Issuer {
  /** The public key as a JWKS. */
  readonly jwks: { readonly keys: readonly JWK[] };
  readonly #key: CryptoKey;
  readonly #kid: string;

  private constructor(key: CryptoKey, publicKey: JWK, kid: string) {
    this.#key = key;
    this.#kid = kid;
    this.jwks = { keys: [{ ...publicKey, kid, alg: ALGORITHM, use: 'sig' }] };
  }

  /**
   * Loads the key, and creates it if it does not exist.
   * @throws UsageError when the file does not contain a key of the issuer
   */
  static async load(file = KEY_FILE): Promise<Issuer> {
    const text = await readFile(file, 'utf8').catch(async (error: unknown) => {
      if (getErrorCode(error) !== 'ENOENT') throw error;
      await makeKey(file);
      return readFile(file, 'utf8');
    });
    const jwk = parseKey(file, text);
    const key = await importJWK(jwk, ALGORITHM);
    if (key instanceof Uint8Array) throw makeBadKeyError(file);
    return new Issuer(key, { kty: 'RSA', n: String(jwk['n']), e: String(jwk['e']) }, jwk.kid);
  }

  sign(claims: TokenClaims): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ account_ids: [...claims.accounts], scope: claims.scope })
      .setProtectedHeader({ alg: ALGORITHM, kid: this.#kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(claims.subject)
      .setIssuedAt(now)
      .setExpirationTime(now + claims.ttlSeconds)
      .sign(this.#key);
  }
}

/** Writes a new key to a draft and links it: with two processes at once, the first complete key wins. */
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
    if (getErrorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function parseKey(file: string, text: string): z.output<typeof storedKey> {
  const { success, data } = storedKey.safeParse(parseJson(text));
  if (!success) throw makeBadKeyError(file);
  return data;
}

function makeBadKeyError(file: string): UsageError {
  return new UsageError(`${file}: not a key of the local issuer: delete the file to get a new key`);
}
