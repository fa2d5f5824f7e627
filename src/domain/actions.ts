/**
 * What each bulk action does to a fielding run, in one table: the condition expressions of the store, the
 * outcomes, and the paths all follow from it.
 */
import type { FieldingRunStatus } from './target-group.ts';

/** What must hold of a target group, besides its status, before it may move. */
export type Guard = 'completes-goal-open' | 'end-date-ahead';

export interface Transition {
  /** The statuses it starts from. */
  readonly from: readonly FieldingRunStatus[];
  /** The status it leads to. A target group that is there already needs no write. */
  readonly to: FieldingRunStatus;
  readonly guards: readonly Guard[];
  /** The last path segment of the create route. */
  readonly collection: string;
  /** How a description names the deed: "cannot be ...". */
  readonly participle: string;
}

export const ACTIONS = {
  resume: {
    from: ['paused'],
    to: 'live',
    guards: ['completes-goal-open', 'end-date-ahead'],
    collection: 'resume-fielding-runs-by-target-group-id',
    participle: 'resumed',
  },
} as const satisfies Record<string, Transition>;

export type Action = keyof typeof ACTIONS;

export const ACTION_NAMES = Object.keys(ACTIONS) as Action[];

export function isAction(text: unknown): text is Action {
  return typeof text === 'string' && Object.hasOwn(ACTIONS, text);
}

/** The transition of an action, in its general type. */
export function transitionOf(action: Action): Transition {
  return ACTIONS[action];
}
