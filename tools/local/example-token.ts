/** Makes the token of the API pages' examples: all scopes on the account of the sample. */
import { createLocalJWKSet } from 'jose';
import { KEY_VARIABLES, readEnv, TOKEN_VARIABLES } from '../../src/adapters/lambda/read-environment.ts';
import { authorize, makeAuthenticator } from '../../src/http/auth.ts';
import type { Sample } from './data/sample.ts';
import { ALL_SCOPES, DEFAULT_SUBJECT, type Issuer } from './issuer.ts';
import type { LambdaFunction } from './template/read-functions.ts';

/** Long enough for a working day. */
const TTL_SECONDS = 12 * 3_600;

/** @param sample undefined for a token without accounts */
export function signExampleToken(issuer: Issuer, sample: Sample | undefined): Promise<string> {
  return issuer.sign({
    accounts: sample === undefined ? [] : [sample.tenant.accountId],
    scope: ALL_SCOPES,
    subject: DEFAULT_SUBJECT,
    ttlSeconds: TTL_SECONDS,
  });
}

/**
 * Returns the issuer of the functions if they refuse the example token: because it is another issuer than the
 * local one, or because the settings expect other claims. Such a token must not be offered.
 */
export async function findForeignIssuer(
  functions: readonly LambdaFunction[],
  issuer: Issuer,
  sample: Sample | undefined,
): Promise<string | undefined> {
  const environment = functions.map((each) => each.environment).find((each) => 'TOKEN_ISSUER' in each);
  if (environment === undefined) return undefined;
  const { TOKEN_ISSUER, TOKEN_RULES } = readEnv([...KEY_VARIABLES, ...TOKEN_VARIABLES], environment);
  const authenticate = makeAuthenticator(
    { issuer: TOKEN_ISSUER, ...TOKEN_RULES },
    createLocalJWKSet({ keys: [...issuer.jwks.keys] }),
  );
  try {
    const caller = await authenticate(`Bearer ${await signExampleToken(issuer, sample)}`);
    if (sample === undefined) return undefined;
    authorize(caller, sample.tenant.accountId, 'createJob');
    authorize(caller, sample.tenant.accountId, 'getJob');
    return undefined;
  } catch {
    return TOKEN_ISSUER;
  }
}
