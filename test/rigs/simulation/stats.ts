/** Counts the events of the schedules, to show that the intended faults really occurred. */
import type { Entry } from '../../../src/ports/journal.ts';

export class Stats {
  readonly #counts = new Map<string, number>();

  add(name: string, count = 1): void {
    if (count !== 0) this.#counts.set(name, this.get(name) + count);
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  addEntry(entry: Entry): void {
    this.add(entry.event === 'race.lost' ? `lost race: ${entry.race}` : `event: ${entry.event}`);
    if (entry.event === 'job.finished') this.add(`jobs ended ${entry.status}`);
  }

  /** Returns every name with its count, sorted by name. */
  listEntries(): [string, number][] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
