/** The token of what the local stack prints and shows as an example: it may do everything on the account of the sample. */
import type { Sample } from './data/sample.ts';
import { ALL_SCOPES, DEFAULT_SUBJECT, type Issuer } from './issuer.ts';

/** Long enough for a day's work. */
const TTL_SECONDS = 12 * 3_600;

/** @param sample without one, the token covers no account */
export function exampleToken(issuer: Issuer, sample: Sample | undefined): Promise<string> {
  return issuer.sign({
    accounts: sample === undefined ? [] : [sample.tenant.accountId],
    scope: ALL_SCOPES,
    subject: DEFAULT_SUBJECT,
    ttlSeconds: TTL_SECONDS,
  });
}
