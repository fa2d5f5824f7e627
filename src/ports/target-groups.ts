/** Where target groups live. A team with its own target group service replaces the one adapter behind this. */
import type { Action } from '../domain/actions.ts';
import type { Tenant } from '../domain/ids.ts';
import type { TargetGroup, TargetGroupKey } from '../domain/target-group.ts';

/** One move of one target group, asked for by a job. */
export interface Move {
  readonly action: Action;
  /** The mark of the job, left on the target group. */
  readonly mark: string;
  /** RFC 3339, UTC, milliseconds, `Z`: what the guards are held against, and `last_changed_at`. */
  readonly now: string;
  /** `last_changed_by`: the job's creator, a UUID. */
  readonly by: string;
}

export interface TargetGroups {
  projectExists(tenant: Tenant): Promise<boolean>;

  /**
   * Reads a target group; sees every write that was acknowledged before.
   *
   * @throws InconsistentStoreError when what is stored cannot be understood
   */
  find(key: TargetGroupKey): Promise<TargetGroup | undefined>;

  /**
   * Moves the target group if, at the instant of the write, `decide` would say `move`: in one of the action's
   * statuses, every guard holding, without the job's mark. It is then as `moved` makes it.
   *
   * @returns whether it moved. When not, nothing was written.
   * @throws InconsistentStoreError when what is stored cannot be understood
   * @throws ThrottledError when it was refused for want of capacity: it was not carried out and will not be
   * @throws UncertainWriteError when it did not move, but a write of this call may still be carried out
   */
  move(key: TargetGroupKey, move: Move): Promise<boolean>;
}
