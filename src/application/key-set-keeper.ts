/** Keeps the stored keys of the issuer up to date, for functions that start while it is down (ADR 19). */
import type { KeySet, KeySource } from '../domain/key-set.ts';
import type { Issuer } from '../ports/issuer.ts';
import type { Journal } from '../ports/journal.ts';
import type { KeySets } from '../ports/key-sets.ts';

export interface KeySetKeeperDeps {
  readonly source: KeySource;
  readonly issuer: Issuer;
  readonly keySets: KeySets;
  readonly journal: Journal;
  readonly settings: {
    /** Time after its fetch for which a key set may be used. */
    readonly maxAgeMs: number;
  };
}

/** An unchanged set is written again after this share of the time for which it may be used. */
const RENEWED_AFTER_SHARE = 1 / 24;

export class KeySetKeeper {
  readonly #deps: KeySetKeeperDeps;
  /** The last set that was stored, as far as this instance knows. */
  #stored: KeySet | undefined;

  constructor(deps: KeySetKeeperDeps) {
    this.#deps = deps;
  }

  /**
   * Fetches the key set, and stores it if it has changed or is old. Never throws: a failure is noted in the
   * journal, and the next run tries again.
   */
  async keep(): Promise<void> {
    const { source, issuer, keySets, journal } = this.#deps;
    try {
      const fetched = await issuer.fetchKeySet();
      if (!this.#isDue(fetched)) return;
      // If another run was first, it has stored a newer set.
      await keySets.save(source, fetched);
      this.#stored = fetched;
    } catch (cause) {
      journal.note({ event: 'key-set.not-renewed', cause });
    }
  }

  #isDue({ json, fetchedAt }: KeySet): boolean {
    if (this.#stored?.json !== json) return true;
    return fetchedAt - this.#stored.fetchedAt >= this.#deps.settings.maxAgeMs * RENEWED_AFTER_SHARE;
  }
}
