/** Holds the open jobs of each shard in the order of their keys, as the index of the jobs table does. */
import { computeShard } from '../../../src/domain/digest.ts';
import type { OpenJob, PageStart } from '../../../src/ports/open-jobs.ts';

interface Entry {
  readonly key: string;
  readonly job: OpenJob;
}

export class OpenIndex {
  readonly #shards = new Map<number, Entry[]>();

  /** Adds a job, or replaces it. */
  put(job: OpenJob): void {
    const { entries, place, isThere } = this.#find(job);
    entries.splice(place, isThere ? 1 : 0, { key: makeKey(job), job });
  }

  remove(job: PageStart): void {
    const { entries, place, isThere } = this.#find(job);
    if (isThere) entries.splice(place, 1);
  }

  /** Returns at most `limit` jobs behind `after`. */
  readPage(shard: number, limit: number, after?: PageStart): OpenJob[] {
    const entries = this.#shards.get(shard) ?? [];
    let first = after === undefined ? 0 : findPlace(entries, makeKey(after));
    if (after !== undefined && entries[first]?.key === makeKey(after)) first += 1;
    return entries.slice(first, first + limit).map(({ job }) => job);
  }

  readAccount(accountId: number, limit: number): OpenJob[] {
    const entries = this.#shards.get(computeShard(accountId)) ?? [];
    return entries
      .filter(({ job }) => job.accountId === accountId)
      .slice(0, limit)
      .map(({ job }) => job);
  }

  #find(job: PageStart): { entries: Entry[]; place: number; isThere: boolean } {
    const shard = computeShard(job.accountId);
    const entries = this.#shards.get(shard) ?? [];
    this.#shards.set(shard, entries);
    const place = findPlace(entries, makeKey(job));
    return { entries, place, isThere: entries[place]?.key === makeKey(job) };
  }
}

const makeKey = ({ accountId, createdAt, projectId, jobId }: PageStart) =>
  createdAt === undefined ? `${accountId}$` : [accountId, createdAt, projectId, jobId].join('#');

/** Returns the position of a key, or the one at which it would be inserted. */
function findPlace(entries: readonly Entry[], key: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.key ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
