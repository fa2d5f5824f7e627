/**
 * Judges the claims of a token as a deployment with given settings would: the settings pass the checks of
 * synthesis, become the environment of a function and are read there, and the token is signed and verified.
 */
import { type CryptoKey, generateKeyPair, SignJWT } from 'jose';
import { readConfig } from '../../lib/config.ts';
import { makeKeyEnvironment, makeTokenEnvironment } from '../../lib/token-rules.ts';
import { KEY_VARIABLES, readEnv, TOKEN_VARIABLES } from '../../src/adapters/lambda/read-environment.ts';
import { ForbiddenError, UnauthenticatedError } from '../../src/domain/errors.ts';
import { authorize, makeAuthenticator } from '../../src/http/auth.ts';

export interface Judgement {
  /** What a create call on one of the accounts would be answered, or on account 101 if there are none. */
  readonly status: 201 | 401 | 403;
  readonly accounts: readonly number[];
  /** Of a 401. */
  readonly reason?: unknown;
}

const ISSUER = 'https://issuer.test/';
const ALGORITHM = 'ES256';

let pair: Promise<{ privateKey: CryptoKey; publicKey: CryptoKey }> | undefined;

/**
 * @param settings keys of the configuration; the issuer is that of the token
 * @param claims `iss` and `exp` have good values by default; a `nbf` like "+40" counts from now
 */
export async function judgeClaims(
  settings: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
): Promise<Judgement> {
  const { privateKey, publicKey } = await (pair ??= generateKeyPair(ALGORITHM));
  const config = readConfig({ jwksUrl: `${ISSUER}keys`, issuer: ISSUER, ...settings });
  const variables = { ...makeKeyEnvironment(config), ...makeTokenEnvironment(config) };
  const env = readEnv([...KEY_VARIABLES, ...TOKEN_VARIABLES], variables);
  const now = Math.floor(Date.now() / 1_000);
  const times: [string, number][] = Object.entries(claims)
    .filter(([name, value]) => ['exp', 'nbf', 'iat'].includes(name) && typeof value === 'string')
    .map(([name, value]) => [name, now + Number(value)]);
  const payload = { iss: config.issuer, exp: now + 600, ...claims, ...Object.fromEntries(times) };
  const token = await new SignJWT(payload).setProtectedHeader({ alg: ALGORITHM }).sign(privateKey);
  const rules = { issuer: env.TOKEN_ISSUER, ...env.TOKEN_RULES };
  try {
    const caller = await makeAuthenticator(rules, () => publicKey)(`Bearer ${token}`);
    const accounts = [...caller.accounts];
    for (const account of accounts.length > 0 ? accounts : [101]) authorize(caller, account, 'createJob');
    return { status: 201, accounts };
  } catch (error) {
    if (error instanceof ForbiddenError) return { status: 403, accounts: [] };
    if (error instanceof UnauthenticatedError) {
      return { status: 401, accounts: [], reason: error.evidence['reason'] };
    }
    throw error;
  }
}
