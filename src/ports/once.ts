/** Remembers which creations were carried out, so that a repeat is answered without another write (ADR 7). */
import type { CreationKey } from '../domain/digest.ts';

export interface Created {
  readonly jobId: string;
  /** Whether the job existed before this call. */
  readonly replayed: boolean;
}

export type OnceResult =
  /** This call ran `work`. */
  | { readonly kind: 'ran'; readonly created: Created }
  /** `work` ran in an earlier call. */
  | { readonly kind: 'replayed' }
  /** `work` was not run: another call may be running it, or the idempotency table does not answer. */
  | { readonly kind: 'unknown'; readonly cause: unknown };

export interface Once {
  /**
   * Runs `work` unless it is known to have run for this key.
   *
   * @throws IdempotencyKeyReusedError when the key is remembered with another body hash; its evidence has the
   *   job id
   * @throws what `work` throws, which is not remembered
   */
  run(key: CreationKey, bodyHash: string, work: () => Promise<Created>): Promise<OnceResult>;
}
