/** Stores the last good key set of a token issuer, for instances that start while it is down (ADR 19). */
import type { KeySet, KeySource } from '../domain/key-set.ts';

export interface KeySets {
  /** Returns the key set of a source, however old it is. Sees every write that was acknowledged before. */
  find(source: KeySource): Promise<KeySet | undefined>;

  /**
   * Stores a key set, unless one is there whose fetch began at the same time or later.
   *
   * @returns whether it was stored
   */
  save(source: KeySource, keySet: KeySet): Promise<boolean>;
}
