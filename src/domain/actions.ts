/**
 * What each bulk action does to a fielding run, in one table: the condition expressions of the store, the
 * outcomes, the routes and their description all follow from it. Another action is another entry:
 * `npm run typecheck`,
 * `npm run openapi -- --record` and `npm test` then name all else that must change.
 */
import type { FieldingRunStatus } from './target-group.ts';

/** What must hold of a target group, besides its status, before it may move. */
export type Guard = 'completes-goal-open' | 'end-date-ahead';

/** What a move changes besides the status. `starts-now`: it starts at the move, and ends as much later. */
export type Effect = 'starts-now';

export interface Transition {
  /** The statuses it starts from. */
  readonly from: readonly FieldingRunStatus[];
  /** The status it leads to. A target group that is there already needs no write. */
  readonly to: FieldingRunStatus;
  readonly guards: readonly Guard[];
  readonly effects: readonly Effect[];
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
    effects: [],
    collection: 'resume-fielding-runs-by-target-group-id',
    participle: 'resumed',
  },
  pause: {
    from: ['live'],
    to: 'paused',
    guards: [],
    effects: [],
    collection: 'pause-fielding-runs-by-target-group-id',
    participle: 'paused',
  },
  launch: {
    from: ['scheduled'],
    to: 'live',
    guards: [],
    effects: ['starts-now'],
    collection: 'launch-fielding-runs-by-target-group-id',
    participle: 'launched',
  },
  complete: {
    from: ['live', 'scheduled'],
    to: 'completed',
    guards: [],
    effects: [],
    collection: 'complete-fielding-runs-by-target-group-id',
    participle: 'completed',
  },
  relaunch: {
    from: ['completed'],
    to: 'live',
    guards: ['completes-goal-open', 'end-date-ahead'],
    effects: [],
    collection: 'relaunch-fielding-runs-by-target-group-id',
    participle: 'relaunched',
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
