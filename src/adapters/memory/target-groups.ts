/** Target groups in memory, with the same promises as those in DynamoDB. */
import { transitionOf } from '../../domain/actions.ts';
import type { Tenant } from '../../domain/ids.ts';
import { decide } from '../../domain/outcome.ts';
import { MARKS_KEPT, type TargetGroup, type TargetGroupKey } from '../../domain/target-group.ts';
import type { Move, TargetGroups } from '../../ports/target-groups.ts';

const nameOfProject = ({ accountId, projectId }: Tenant) => `${accountId}#${projectId}`;
const nameOfGroup = (key: TargetGroupKey) => `${nameOfProject(key)}#${key.targetGroupId}`;

export class MemoryTargetGroups implements TargetGroups {
  readonly #projects = new Set<string>();
  readonly #groups = new Map<string, TargetGroup>();

  addProject(tenant: Tenant): void {
    this.#projects.add(nameOfProject(tenant));
  }

  /** Puts a target group, in place of what was there. */
  put(group: TargetGroup): void {
    this.#groups.set(nameOfGroup(group), group);
  }

  projectExists(tenant: Tenant): Promise<boolean> {
    return Promise.resolve(this.#projects.has(nameOfProject(tenant)));
  }

  find(key: TargetGroupKey): Promise<TargetGroup | undefined> {
    return Promise.resolve(this.#groups.get(nameOfGroup(key)));
  }

  move(key: TargetGroupKey, { action, mark, now, by }: Move): Promise<boolean> {
    const found = this.#groups.get(nameOfGroup(key));
    if (found === undefined || decide(action, found, mark, now).kind !== 'move')
      return Promise.resolve(false);
    this.put({
      ...found,
      status: transitionOf(action).to,
      version: found.version + 1,
      lastChangedAt: now,
      lastChangedBy: by,
      marks: [mark, ...found.marks].slice(0, MARKS_KEPT),
    });
    return Promise.resolve(true);
  }
}
