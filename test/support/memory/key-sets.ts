/** Stores key sets in memory, with the same promises as the table. */
import { computeKeySetId, type KeySet, type KeySource } from '../../../src/domain/key-set.ts';
import type { KeySets } from '../../../src/ports/key-sets.ts';

export class MemoryKeySets implements KeySets {
  readonly #sets = new Map<string, KeySet>();

  find(source: KeySource): Promise<KeySet | undefined> {
    return Promise.resolve(this.#sets.get(computeKeySetId(source)));
  }

  save(source: KeySource, keySet: KeySet): Promise<boolean> {
    const there = this.#sets.get(computeKeySetId(source));
    const isNewer = there === undefined || there.fetchedAt < keySet.fetchedAt;
    if (isNewer) this.#sets.set(computeKeySetId(source), keySet);
    return Promise.resolve(isNewer);
  }
}
