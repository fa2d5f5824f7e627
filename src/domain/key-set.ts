/** The public keys of a token issuer, as one value that outlives an instance of a function (ADR 19). */
import { createHash } from 'node:crypto';

export interface KeySet {
  /** The JSON Web Key Set, as the issuer sent it: https://www.rfc-editor.org/info/rfc7517 */
  readonly json: string;
  /** When its fetch began, epoch ms. A set whose fetch began later is the newer one. */
  readonly fetchedAt: number;
}

/** Where the keys come from. */
export interface KeySource {
  /** The tokens' claim `iss`. */
  readonly issuer: string;
  /** The address of the keys. Undefined: the one that the issuer names in its discovery document. */
  readonly jwksUrl?: string | undefined;
}

/** Computes the id under which the keys of a source are stored. The keys of another source are other keys. */
export function computeKeySetId({ issuer, jwksUrl }: KeySource): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, jwksUrl]))
    .digest('hex');
}
