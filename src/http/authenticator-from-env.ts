/** Makes the authenticator of an HTTP function from its environment variables. */
import { report } from '../observability/report.ts';
import { makeAuthenticator } from './auth.ts';
import { makeRemoteKeys } from './remote-keys.ts';

/** The environment variables of an HTTP function that concern tokens. */
export interface TokenEnvironment {
  readonly TOKEN_ISSUER: string;
  readonly TOKEN_AUDIENCE: string;
  readonly TOKEN_JWKS_URL: string;
  readonly TOKEN_ACCOUNTS_CLAIM: string;
  readonly TOKEN_SCOPES_CLAIM: string;
}

export function makeAuthenticatorFromEnv(env: TokenEnvironment) {
  return makeAuthenticator(
    {
      issuer: env.TOKEN_ISSUER,
      audience: env.TOKEN_AUDIENCE,
      accountsClaim: env.TOKEN_ACCOUNTS_CLAIM,
      scopesClaim: env.TOKEN_SCOPES_CLAIM,
    },
    makeRemoteKeys(env.TOKEN_JWKS_URL, {
      onFailure: (cause) => {
        report({ event: 'issuer.unreachable', cause });
      },
    }),
  );
}
