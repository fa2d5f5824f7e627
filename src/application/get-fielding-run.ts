/** Reads the fielding run of a target group. */
import { TargetGroupNotFoundError } from '../domain/errors.ts';
import type { TargetGroup, TargetGroupKey } from '../domain/target-group.ts';
import type { TargetGroups } from '../ports/target-groups.ts';

/** @throws TargetGroupNotFoundError also when the target group belongs to another project or account */
export async function getFieldingRun(groups: TargetGroups, key: TargetGroupKey): Promise<TargetGroup> {
  const group = await groups.find(key);
  if (group === undefined) {
    throw new TargetGroupNotFoundError('The project has no such target group.', { ...key });
  }
  return group;
}
