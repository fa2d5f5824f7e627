/** Holds the open jobs in the order in which they are due, as the index of the jobs table does. */
import type { DueJob } from '../../../src/ports/open-jobs.ts';

export class OpenIndex {
  /** Sorted by `compareByDue` from `#first` on; the entries before that are removed ones. */
  readonly #jobs: DueJob[] = [];
  #first = 0;

  add(due: DueJob): void {
    this.#jobs.splice(this.#findPlace(due), 0, due);
  }

  remove(due: DueJob): void {
    const place = this.#findPlace(due);
    const there = this.#jobs[place];
    if (there === undefined || compareByDue(there, due) !== 0) return;
    // Most removals are near the front, where it is quicker to move the entries before than those behind.
    this.#jobs.copyWithin(this.#first + 1, this.#first, place);
    this.#first += 1;
    if (2 * this.#first < this.#jobs.length) return;
    this.#jobs.splice(0, this.#first);
    this.#first = 0;
  }

  /** Returns at most `limit` jobs behind `after` that are due at `now`, or at any time without `now`. */
  readPage(now: string | undefined, limit: number, after?: DueJob): DueJob[] {
    let first = after === undefined ? this.#first : this.#findPlace(after);
    const there = this.#jobs[first];
    if (after !== undefined && there !== undefined && compareByDue(there, after) === 0) first += 1;
    return this.#jobs.slice(first, first + limit).filter(({ dueAt }) => now === undefined || dueAt <= now);
  }

  /** Returns the position of a job, or the one at which it would be inserted. */
  #findPlace(due: DueJob): number {
    let low = this.#first;
    let high = this.#jobs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = this.#jobs[middle];
      if (there !== undefined && compareByDue(there, due) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const compareByDue = (a: DueJob, b: DueJob) =>
  compareTexts(a.dueAt, b.dueAt) ||
  a.accountId - b.accountId ||
  compareTexts(a.projectId + a.jobId, b.projectId + b.jobId);

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
