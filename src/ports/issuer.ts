/** The token issuer, as far as its public keys go. */
import type { KeySet } from '../domain/key-set.ts';

export interface Issuer {
  /**
   * Fetches the issuer's key set, within 3 seconds.
   *
   * @throws IssuerUnreachableError when the issuer does not answer with a key set in time
   */
  fetchKeySet(): Promise<KeySet>;
}
