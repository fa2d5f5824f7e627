/** The two digests that make creation repeatable: the job's id and the hash of its request. */
import { createHash } from 'node:crypto';
import type { Action } from './actions.ts';
import { ID_LENGTH, type Tenant } from './ids.ts';

/** Crockford's base 32: 32 of the 36 characters that an id may have, so each stands for 5 bits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** What names a creation: repeating it with the same four lands on the same job. */
export interface CreationKey extends Tenant {
  readonly action: Action;
  readonly idempotencyKey: string;
}

/**
 * Derives the job id: the first 130 bits of the SHA-256 of the key's canonical JSON, in base 32.
 * Two keys meet with a probability that 128-bit UUIDs would have too.
 */
export function deriveJobId(key: CreationKey): string {
  const text = JSON.stringify([key.accountId, key.projectId, key.action, key.idempotencyKey]);
  const digest = createHash('sha256').update(text).digest();
  let bits = BigInt(`0x${digest.subarray(0, 17).toString('hex')}`) >> 6n;
  let id = '';
  for (let i = 0; i < ID_LENGTH; i += 1) {
    id = ALPHABET.charAt(Number(bits & 31n)) + id;
    bits >>= 5n;
  }
  return id;
}

/** SHA-256 of the canonical ids, hexadecimal. The ids have one width, so that joining them is unambiguous. */
export function hashIds(canonicalIds: readonly string[]): string {
  return createHash('sha256').update(canonicalIds.join(',')).digest('hex');
}
