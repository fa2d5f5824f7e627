/** Applies a move to a target group in memory, as the store's conditional write does it in the table. */
import { type Action, type Effect, getTransition } from './actions.ts';
import { MARKS_KEPT, type TargetGroup } from './target-group.ts';
import { formatTimestamp } from './time.ts';

/**
 * Returns the target group as it is after a job has moved it.
 *
 * @param mark the mark of the job (see `makeMark`)
 * @param now RFC 3339, UTC, milliseconds, `Z`
 * @param by the user who created the job, a UUID
 */
export function applyMove(
  group: TargetGroup,
  { action, mark, now, by }: { action: Action; mark: string; now: string; by: string },
): TargetGroup {
  const { to, effects } = getTransition(action);
  return {
    ...effects.reduce<TargetGroup>((changed, effect) => EFFECTS[effect](changed, now), group),
    status: to,
    version: group.version + 1,
    lastChangedAt: now,
    lastChangedBy: by,
    marks: [mark, ...group.marks].slice(0, MARKS_KEPT),
  };
}

const EFFECTS: Record<Effect, (group: TargetGroup, now: string) => TargetGroup> = {
  'starts-now': (group, now) => {
    const length = Date.parse(group.endFieldingAt) - Date.parse(group.startFieldingAt);
    return { ...group, startFieldingAt: now, endFieldingAt: formatTimestamp(Date.parse(now) + length) };
  },
};
