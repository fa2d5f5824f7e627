/** Stores the claim and the result of each chunk (ADR 5). */
import type { ChunkKey, ChunkResult, FailureGroup, Job } from '../domain/job.ts';

/** The answer to a claim. A claim has an owner, and only the owner may settle or release the chunk. */
export type Claim =
  /**
   * The caller holds the chunk until the claim ends. `begun`: the chunk was claimed before, so some of its
   * target groups may have been moved already.
   */
  | { readonly kind: 'claimed'; readonly begun: boolean }
  /** Another owner's claim has not ended yet. That owner is at work, or has died. */
  | {
      readonly kind: 'taken';
      /** The end of that claim, epoch ms. */
      readonly until: number;
    }
  /** The chunk has its result already. */
  | { readonly kind: 'settled'; readonly failures: readonly FailureGroup[] };

export interface Chunks {
  /**
   * Claims a chunk if it has no result and no claim that lasts beyond `now` (epoch ms). An owner that holds
   * the claim already gets `claimed` again, and the end of the claim stays as it was.
   *
   * @param until end of the claim, epoch ms
   */
  claim(chunk: ChunkKey, owner: string, now: number, until: number): Promise<Claim>;

  /**
   * Ends the owner's claim earlier, so that the next attempt at the chunk can begin sooner. Does nothing when
   * another owner holds the claim, or when the chunk has its result.
   *
   * @param until new end of the claim, epoch ms
   */
  release(chunk: ChunkKey, owner: string, until: number): Promise<void>;

  /**
   * Writes the result of a chunk if `owner` still holds it and it has no result. The first result stands.
   *
   * @param now time of the result, epoch ms
   * @returns whether the chunk's result is this owner's
   */
  settle(chunk: ChunkKey, owner: string, failures: readonly FailureGroup[], now: number): Promise<boolean>;

  /** Returns the results of all settled chunks of the job, in any order. */
  readResults(job: Job): Promise<ChunkResult[]>;
}
