/** Keeps the stored keys of the issuer up to date, for functions that start while it is down (ADR 19). */
import type { KeySet, KeySource } from '../domain/key-set.ts';
import type { Issuer } from '../ports/issuer.ts';
import type { Journal } from '../ports/journal.ts';
import type { KeySets } from '../ports/key-sets.ts';

export interface KeepKeySetDeps {
  readonly source: KeySource;
  readonly issuer: Issuer;
  readonly keySets: KeySets;
  readonly journal: Journal;
  /** Time after its fetch for which a key set may be used. */
  readonly maxAgeMs: number;
}

/** An unchanged set is written again after this share of the time for which it may be used. */
const RENEWED_AFTER_SHARE = 1 / 24;

/**
 * Fetches the key set, and stores it if none is stored, or another one, or one that is old. Never throws: a
 * failure is noted in the journal, and the next run tries again.
 */
export async function keepKeySet({
  source,
  issuer,
  keySets,
  journal,
  maxAgeMs,
}: KeepKeySetDeps): Promise<void> {
  try {
    const fetched = await issuer.fetchKeySet();
    const read = await keySets.find(source).then(
      (stored) => ({ stored }),
      (cause: unknown) => ({ cause }),
    );
    if ('stored' in read && !isDue(read.stored, fetched, maxAgeMs * RENEWED_AFTER_SHARE)) return;
    // What cannot be read is replaced, if it is not of a later release.
    const isSaved = await keySets.save(source, fetched);
    if (!isSaved && 'cause' in read) throw read.cause;
  } catch (cause) {
    journal.note({ event: 'key-set.not-renewed', cause });
  }
}

function isDue(stored: KeySet | undefined, fetched: KeySet, renewedAfterMs: number): boolean {
  return stored?.json !== fetched.json || fetched.fetchedAt - stored.fetchedAt >= renewedAfterMs;
}
