/** Implements the TargetGroups port in memory, with the same promises as the one on DynamoDB. */
import type { Tenant } from '../../../src/domain/ids.ts';
import { applyMove } from '../../../src/domain/apply-move.ts';
import { decide } from '../../../src/domain/outcome.ts';
import type { TargetGroup, TargetGroupKey } from '../../../src/domain/target-group.ts';
import type { Move, MoveResult, TargetGroups } from '../../../src/ports/target-groups.ts';

const makeProjectName = ({ accountId, projectId }: Tenant) => `${accountId}#${projectId}`;
const makeGroupName = (key: TargetGroupKey) => `${makeProjectName(key)}#${key.targetGroupId}`;

export class MemoryTargetGroups implements TargetGroups {
  readonly #projects = new Set<string>();
  readonly #groups = new Map<string, TargetGroup>();

  addProject(tenant: Tenant): void {
    this.#projects.add(makeProjectName(tenant));
  }

  /** Puts a target group, which replaces an existing one. */
  put(group: TargetGroup): void {
    this.#groups.set(makeGroupName(group), group);
  }

  projectExists(tenant: Tenant): Promise<boolean> {
    return Promise.resolve(this.#projects.has(makeProjectName(tenant)));
  }

  find(key: TargetGroupKey): Promise<TargetGroup | undefined> {
    return Promise.resolve(this.#groups.get(makeGroupName(key)));
  }

  move(key: TargetGroupKey, move: Move): Promise<MoveResult> {
    const found = this.#groups.get(makeGroupName(key));
    if (found === undefined || decide(move.action, found, move.mark, move.now).kind !== 'move')
      return Promise.resolve({ moved: false, found });
    this.put(applyMove(found, move));
    return Promise.resolve({ moved: true });
  }
}
