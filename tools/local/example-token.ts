/** Makes the token of the API pages' examples: all scopes on the account of the sample. */
import type { Sample } from './data/sample.ts';
import { ALL_SCOPES, DEFAULT_SUBJECT, type Issuer } from './issuer.ts';

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
