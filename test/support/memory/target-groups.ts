/** Implements the TargetGroups port in memory, with the same promises as the one on DynamoDB. */
import type { Tenant } from '../../../src/domain/ids.ts';
import { moved } from '../../../src/domain/moved.ts';
import { decide } from '../../../src/domain/outcome.ts';
import type { TargetGroup, TargetGroupKey } from '../../../src/domain/target-group.ts';
import type { Move, TargetGroups } from '../../../src/ports/target-groups.ts';

const nameOfProject = ({ accountId, projectId }: Tenant) => `${accountId}#${projectId}`;
const nameOfGroup = (key: TargetGroupKey) => `${nameOfProject(key)}#${key.targetGroupId}`;

export class MemoryTargetGroups implements TargetGroups {
  readonly #projects = new Set<string>();
  readonly #groups = new Map<string, TargetGroup>();

  addProject(tenant: Tenant): void {
    this.#projects.add(nameOfProject(tenant));
  }

  /** Puts a target group, which replaces an existing one. */
  put(group: TargetGroup): void {
    this.#groups.set(nameOfGroup(group), group);
  }

  projectExists(tenant: Tenant): Promise<boolean> {
    return Promise.resolve(this.#projects.has(nameOfProject(tenant)));
  }

  find(key: TargetGroupKey): Promise<TargetGroup | undefined> {
    return Promise.resolve(this.#groups.get(nameOfGroup(key)));
  }

  move(key: TargetGroupKey, move: Move): Promise<boolean> {
    const found = this.#groups.get(nameOfGroup(key));
    if (found === undefined || decide(move.action, found, move.mark, move.now).kind !== 'move')
      return Promise.resolve(false);
    this.put(moved(found, move));
    return Promise.resolve(true);
  }
}
