/** The token of what the local stack prints and shows as an example: it may do everything on the account of the sample. */
import type { Sample } from './data/sample.ts';
import { DEFAULT_SUBJECT, type Issuer, READ_SCOPE, WRITE_SCOPE } from './issuer.ts';

/** Long enough for a day's work. */
const TTL_SECONDS = 12 * 3_600;

/** @param sample without one, the token covers no account */
export function exampleToken(issuer: Issuer, sample: Sample | undefined): Promise<string> {
  return issuer.sign({
    accounts: sample === undefined ? [] : [sample.tenant.accountId],
    scope: `${WRITE_SCOPE} ${READ_SCOPE}`,
    subject: DEFAULT_SUBJECT,
    ttlSeconds: TTL_SECONDS,
  });
}
