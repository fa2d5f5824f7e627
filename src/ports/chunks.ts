/** Where the claim and the result of each chunk live. */
import type { ChunkKey, ChunkResult, FailureGroup, Job } from '../domain/job.ts';

/** A claim names its owner; only the owner of a claim may settle or release the chunk. */
export type Claim =
  /**
   * The chunk is ours until the claim ends. `begun` says that it may have been claimed before: whoever did
   * may have moved some of its target groups.
   */
  | { readonly kind: 'claimed'; readonly begun: boolean }
  /** Somebody else works on it, or did and died: their claim has not ended yet. */
  | { readonly kind: 'taken' }
  /** It has its result. */
  | { readonly kind: 'settled'; readonly failures: readonly FailureGroup[] };

export interface Chunks {
  /**
   * Claims a chunk, if it has no result and nobody's claim on it lasts beyond `now` (epoch ms). Who claims
   * again under the same name is told that the chunk is theirs; the end of their claim stays.
   *
   * @param until when the claim ends, epoch ms
   */
  claim(chunk: ChunkKey, owner: string, now: number, until: number): Promise<Claim>;

  /**
   * Gives the chunk back, so that whoever takes it up next need not wait for the end of the claim.
   *
   * @param until when it may be taken up, epoch ms
   */
  release(chunk: ChunkKey, owner: string, until: number): Promise<void>;

  /**
   * Writes the result of a chunk, if `owner` still holds it and it has none.
   *
   * @returns whether the chunk's result is this owner's. The first result stands: that of a repeat is not written.
   */
  settle(chunk: ChunkKey, owner: string, failures: readonly FailureGroup[], now: number): Promise<boolean>;

  /** The results of all settled chunks of the job, in no order. */
  results(job: Job): Promise<ChunkResult[]>;
}
