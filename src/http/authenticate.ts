/** The authentication of an HTTP function, from its environment. */
import { readEnv } from '../adapters/lambda/environment.ts';
import { report } from '../observability/report.ts';
import { authenticator } from './auth.ts';
import { remoteKeys } from './remote-keys.ts';

export function authenticatorFromEnv() {
  const env = readEnv([
    'TOKEN_ISSUER',
    'TOKEN_AUDIENCE',
    'TOKEN_JWKS_URL',
    'TOKEN_ACCOUNTS_CLAIM',
    'TOKEN_SCOPES_CLAIM',
  ]);
  return authenticator(
    {
      issuer: env.TOKEN_ISSUER,
      audience: env.TOKEN_AUDIENCE,
      accountsClaim: env.TOKEN_ACCOUNTS_CLAIM,
      scopesClaim: env.TOKEN_SCOPES_CLAIM,
    },
    remoteKeys(env.TOKEN_JWKS_URL, {
      onFailure: (cause) => {
        report({ event: 'issuer.unreachable', cause });
      },
    }),
  );
}
