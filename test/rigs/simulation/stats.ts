/** Counts of what happened in the worlds, to tell that the trouble is there that was ordered. */
import type { Entry } from '../../../src/ports/journal.ts';

export class Stats {
  readonly #counts = new Map<string, number>();

  add(name: string, count = 1): void {
    if (count !== 0) this.#counts.set(name, this.of(name) + count);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  note(entry: Entry): void {
    this.add(entry.event === 'race.lost' ? `lost race: ${entry.race}` : `event: ${entry.event}`);
    if (entry.event === 'job.finished') this.add(`jobs ended ${entry.status}`);
  }

  /** Every count by name, in order of the names. */
  entries(): [string, number][] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
