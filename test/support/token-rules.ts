/** Makes the rules by which tests read tokens: the defaults of the configuration, and an issuer. */
import type { TokenRules } from '../../src/http/read-caller.ts';

export function makeRules(changes: Partial<TokenRules> = {}): TokenRules {
  return {
    issuer: 'https://issuer.test/',
    audiences: ['jobs'],
    clientIds: [],
    scopesClaims: ['scope'],
    writeScope: 'batch-jobs:write',
    readScope: 'batch-jobs:read',
    accountsClaim: 'account_ids',
    accountsByClient: {},
    clientClaims: ['client_id', 'azp', 'appid', 'cid'],
    callerClaims: ['sub', 'client_id', 'azp', 'appid'],
    clockToleranceSeconds: 60,
    ...changes,
  };
}
