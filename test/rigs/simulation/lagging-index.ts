/** Simulates an index that is behind its table: each change of it shows up some time later. */
import type { OpenJob, PageStart } from '../../../src/ports/open-jobs.ts';
import { OpenIndex } from '../../support/memory/open-index.ts';

export class LaggingIndex extends OpenIndex {
  /** How far the index is behind, ms. */
  lagMs = 0;
  /** Returns the true time, epoch ms. */
  now: () => number = () => 0;
  /** The changes that have not shown up yet, in the order in which they were made. */
  readonly #pending: { readonly at: number; readonly apply: () => void }[] = [];

  override put(job: OpenJob): void {
    this.#plan(() => {
      super.put(job);
    });
  }

  override remove(job: PageStart): void {
    this.#plan(() => {
      super.remove(job);
    });
  }

  override readPage(shard: number, limit: number, after?: PageStart): OpenJob[] {
    this.#catchUp();
    return super.readPage(shard, limit, after);
  }

  override readAccount(accountId: number, limit: number): OpenJob[] {
    this.#catchUp();
    return super.readAccount(accountId, limit);
  }

  #catchUp(): void {
    while (this.#pending[0] !== undefined && this.#pending[0].at <= this.now())
      this.#pending.shift()?.apply();
  }

  #plan(apply: () => void): void {
    if (this.lagMs === 0) apply();
    else this.#pending.push({ at: this.now() + this.lagMs, apply });
  }
}
