/**
 * What each bulk action does to a fielding run. The conditions of the store's writes, the outcomes, the
 * routes and the API description are derived from this table. CONTRIBUTING.md says how to add one.
 */
import type { FieldingRunStatus } from './target-group.ts';

/** A condition that a target group must meet, besides its status, before it may move. */
export type Guard = 'completes-goal-open' | 'end-date-ahead';

/**
 * What a move changes besides the status. `starts-now`: the fielding run starts at the time of the move and
 * keeps its length, so its end moves too (ADR 27).
 */
export type Effect = 'starts-now';

export interface Transition {
  /** The statuses that it can start from. */
  readonly from: readonly FieldingRunStatus[];
  /** The status that it leads to. A target group that already has this status needs no write. */
  readonly to: FieldingRunStatus;
  readonly guards: readonly Guard[];
  readonly effects: readonly Effect[];
  /** The last path segment of the create route. */
  readonly collection: string;
  /** The action's past participle, for failure descriptions: "cannot be resumed". */
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

/** Returns the transition of an action, typed as `Transition` instead of its literal type. */
export function getTransition(action: Action): Transition {
  return ACTIONS[action];
}
