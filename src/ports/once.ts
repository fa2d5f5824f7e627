/** Remembers which creations were carried out, so that a repeat is answered without touching the job. */
import type { CreationKey } from '../domain/digest.ts';

export interface Created {
  readonly jobId: string;
  /** Whether the job was there before. */
  readonly replayed: boolean;
}

export type OnceResult =
  /** `work` ran, here and now. */
  | { readonly kind: 'ran'; readonly created: Created }
  /** It is known to have run before. */
  | { readonly kind: 'replayed' }
  /** Nothing is known and `work` was not run: somebody is at it, or the memory does not answer. */
  | { readonly kind: 'unknown'; readonly cause: unknown };

export interface Once {
  /**
   * Runs `work` unless it is known to have run for this key. What `work` throws comes through, and is not
   * remembered.
   *
   * @throws IdempotencyKeyReusedError when the key is remembered with another body hash; its evidence names the job
   */
  run(key: CreationKey, bodyHash: string, work: () => Promise<Created>): Promise<OnceResult>;
}
