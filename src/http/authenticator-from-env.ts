/** Makes the authenticator of an HTTP function from its environment variables. */
import { report } from '../observability/report.ts';
import { makeAuthenticator } from './auth.ts';
import type { TokenRules } from './read-caller.ts';
import { makeRemoteKeys } from './remote-keys.ts';

/** The environment variables of an HTTP function that concern tokens. */
export interface TokenEnvironment {
  readonly TOKEN_ISSUER: string;
  readonly TOKEN_JWKS_URL: string;
  readonly TOKEN_RULES: Omit<TokenRules, 'issuer'>;
}

export function makeAuthenticatorFromEnv(env: TokenEnvironment) {
  return makeAuthenticator(
    { issuer: env.TOKEN_ISSUER, ...env.TOKEN_RULES },
    makeRemoteKeys(env.TOKEN_JWKS_URL, {
      onFailure: (cause) => {
        report({ event: 'issuer.unreachable', cause });
      },
    }),
  );
}
