/** Idempotency keys: which texts are one, and the keys of all the jobs that one key stands for. */
import { createHash } from 'node:crypto';
import { MAX_KEY_LENGTH } from '../api/limits.ts';
import { shown } from '../tools/kit/printable.ts';
import { InputError } from './errors.ts';

/** So much of a long key stays readable in the keys that are derived from it. */
const READABLE_LENGTH = 200;

/**
 * Visible ASCII, and spaces inside: HTTP would cut spaces at the ends, and two clients may encode other
 * characters in two ways, which would be two keys.
 * @throws InputError
 */
export function checkKey(key: string): void {
  if (key.length <= MAX_KEY_LENGTH && /^[!-~]([ -~]*[!-~])?$/.test(key)) return;
  throw new InputError(
    `key: found ${shown(key)}, expected 1 to ${MAX_KEY_LENGTH} characters of visible ASCII, without spaces at the ends`,
  );
}

/**
 * The key of one of the jobs that a key stands for. The first has the key as given, so that the same key with
 * another set meets it whatever the number of parts. The others' ends in a digest: a key that somebody chose
 * is never one.
 *
 * @param part from 1
 */
export function partKey(key: string, part: number): string {
  if (part === 1) return key;
  const digest = createHash('sha256')
    .update(JSON.stringify([key, part]))
    .digest('hex');
  return `${key.slice(0, READABLE_LENGTH).trimEnd()}.part-${part}.${digest.slice(0, 32)}`;
}
