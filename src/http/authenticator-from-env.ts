/** Makes the authenticator of an HTTP function from its environment variables. */
import type { KeySource } from '../domain/key-set.ts';
import { report } from '../observability/report.ts';
import type { Issuer } from '../ports/issuer.ts';
import type { KeySets } from '../ports/key-sets.ts';
import { makeAuthenticator } from './auth.ts';
import type { TokenRules } from './read-caller.ts';
import { RemoteKeys } from './remote-keys.ts';

/** The environment variables of an HTTP function that concern tokens. */
export interface TokenEnvironment {
  readonly TOKEN_ISSUER: string;
  readonly TOKEN_RULES: Omit<TokenRules, 'issuer'>;
}

/** Where the function finds the keys of the issuer. */
interface KeyDeps {
  readonly source: KeySource;
  readonly issuer: Issuer;
  readonly keySets: KeySets;
  /** Time after its fetch for which a key set may be used. */
  readonly maxAgeMs: number;
}

/**
 * Makes the authenticator when the function starts. Resolves when the keys were fetched, which takes 3 s at
 * most, or could not be.
 */
export async function makeAuthenticatorFromEnv(env: TokenEnvironment, deps: KeyDeps) {
  const keys = new RemoteKeys({
    fetchKeySet: () => deps.issuer.fetchKeySet(),
    findStored: () => deps.keySets.find(deps.source),
    maxAgeMs: deps.maxAgeMs,
    onUnreachable: (cause) => {
      report({ event: 'issuer.unreachable', cause });
    },
    onStoredUsed: (fetchedAt) => {
      report({ event: 'key-set.restored', ageMs: Date.now() - fetchedAt });
    },
    onUnreadable: (cause) => {
      report({ event: 'key-set.not-read', cause });
    },
  });
  await keys.start();
  return makeAuthenticator({ issuer: env.TOKEN_ISSUER, ...env.TOKEN_RULES }, keys.find);
}
