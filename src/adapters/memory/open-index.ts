/** The unfinished jobs in the order in which they are due, as the sparse index of the jobs table holds them. */
import type { DueJob } from '../../ports/job-store.ts';

export class OpenIndex {
  /** Sorted by `byDue`. */
  readonly #jobs: DueJob[] = [];

  add(due: DueJob): void {
    this.#jobs.splice(this.#place(due), 0, due);
  }

  remove(due: DueJob): void {
    const place = this.#place(due);
    if (this.#jobs[place]?.jobId === due.jobId) this.#jobs.splice(place, 1);
  }

  /** The first that are due at `now`, or at any time, behind `after`; `limit` at most. */
  page(now: string | undefined, limit: number, after?: DueJob): DueJob[] {
    const last = after === undefined ? -1 : this.#place(after);
    const behind = last >= 0 && this.#jobs[last]?.jobId === after?.jobId ? last + 1 : Math.max(last, 0);
    return this.#jobs.slice(behind, behind + limit).filter(({ dueAt }) => now === undefined || dueAt <= now);
  }

  /** Where it stands, or would. */
  #place(due: DueJob): number {
    let low = 0;
    let high = this.#jobs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = this.#jobs[middle];
      if (there !== undefined && byDue(there, due) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const byDue = (a: DueJob, b: DueJob) => compare(a.dueAt, b.dueAt) || compare(a.jobId, b.jobId);

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
