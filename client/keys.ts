/** Checks idempotency keys, and derives a key for each job of a request from its one key (ADR 26). */
import { createHash } from 'node:crypto';
import { KEY_FORMAT, KEY_PATTERN } from '../api/limits.ts';
import { quoteExcerpt } from '../tools/kit/printable.ts';
import { InputError } from './client-errors.ts';

/** Number of characters of a key that the keys derived from it begin with. */
const READABLE_LENGTH = 200;

/**
 * Checks a key. HTTP removes spaces at its ends, which would make one key of two.
 * @throws InputError for a key that the API refuses, or one with spaces at its ends
 */
export function checkKey(key: string): void {
  if (KEY_PATTERN.test(key) && key === key.trim()) return;
  throw new InputError(`key: found ${quoteExcerpt(key)}, expected ${KEY_FORMAT}, without spaces at the ends`);
}

/**
 * Derives the key of one job of a request. The first job has the key as given, so that the same key with
 * other ids is refused, whatever the number of parts. The other keys end in a digest, so that they equal no
 * key that a user chose.
 *
 * @param part number of the job, from 1
 */
export function derivePartKey(key: string, part: number): string {
  if (part === 1) return key;
  const digest = createHash('sha256')
    .update(JSON.stringify([key, part]))
    .digest('hex');
  return `${key.slice(0, READABLE_LENGTH).trimEnd()}.part-${part}.${digest.slice(0, 32)}`;
}
