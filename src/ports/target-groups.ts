/** Stores target groups. A team with its own target group service replaces the adapter of this port. */
import type { Action } from '../domain/actions.ts';
import type { Tenant } from '../domain/ids.ts';
import type { TargetGroup, TargetGroupKey } from '../domain/target-group.ts';

/** One move of one target group by a job. */
export interface Move {
  readonly action: Action;
  /** The mark that the job leaves on the target group (ADR 6). */
  readonly mark: string;
  /** RFC 3339, UTC, milliseconds, `Z`. Guards are checked for this time, and it becomes `last_changed_at`. */
  readonly now: string;
  /** The user who created the job, a UUID. Becomes `last_changed_by`. */
  readonly by: string;
}

export type MoveResult =
  | { readonly moved: true }
  | {
      readonly moved: false;
      /** The target group at that moment. Undefined if there is none, or the store does not bring it. */
      readonly found?: TargetGroup | undefined;
    };

export interface TargetGroups {
  /** @throws UnknownFormatError when a later release has written the project in a format of its own */
  projectExists(tenant: Tenant): Promise<boolean>;

  /**
   * Reads a target group. Sees every write that was acknowledged before.
   *
   * @throws InconsistentStoreError when the stored record is damaged
   * @throws UnknownFormatError when a later release has written it in a format of its own
   */
  find(key: TargetGroupKey): Promise<TargetGroup | undefined>;

  /**
   * Moves the target group in one atomic step if `decide` would answer `move` at that moment: the action may
   * start from its status, every guard holds, and the job's mark is not there. `applyMove` defines what the
   * target group is after the move.
   *
   * @returns what became of it; if it did not move, nothing was written
   * @throws InconsistentStoreError, UnknownFormatError as `find`; or it answers without `found`,
   *   and `find` throws
   * @throws ThrottledError when the store throttled the write, so that it will never be carried out
   * @throws UncertainWriteError when it did not move, but a write of this call may still be carried out
   */
  move(key: TargetGroupKey, move: Move): Promise<MoveResult>;
}
