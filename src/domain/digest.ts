/** Digests: the job's id (ADR 1), the hash of its request, and the shard of an account (ADR 38). */
import { createHash } from 'node:crypto';
import type { Action } from './actions.ts';
import { ID_LENGTH, type Tenant } from './ids.ts';

/** Crockford's base 32: 32 of the 36 characters that an id may have, so each character holds 5 bits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Identifies a creation: a repeat with the same account, project, action and key leads to the same job. */
export interface CreationKey extends Tenant {
  readonly action: Action;
  readonly idempotencyKey: string;
}

/**
 * Derives the job id: the first 130 bits of the SHA-256 of the key's canonical JSON, in base 32.
 * Two different keys get the same id no more often than two random 128-bit UUIDs are equal.
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

/** Number of shards of the index of open jobs, each with the jobs of some accounts. */
export const OPEN_JOBS_SHARDS = 16;

/** Chooses the shard of the index of open jobs that holds the jobs of an account: 0 to 15. */
export function computeShard(accountId: number): number {
  const digest = createHash('sha256').update(String(accountId)).digest();
  return digest.readUInt32BE() % OPEN_JOBS_SHARDS;
}

/** SHA-256 of the canonical ids, in hexadecimal. All ids have the same length, so joining is unambiguous. */
export function hashIds(canonicalIds: readonly string[]): string {
  return createHash('sha256').update(canonicalIds.join(',')).digest('hex');
}
