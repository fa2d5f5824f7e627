/** The outcome of one target group of a job, and how it is decided from the target group as read. */
import { type Action, type Guard, getTransition } from './actions.ts';
import type { TargetGroup } from './target-group.ts';

export const FAILURE_CODES = ['TargetGroupNotFound', 'StatusTransitionNotAllowed', 'InternalError'] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

export interface Failure {
  readonly code: FailureCode;
  readonly description: string;
}

/** The outcome of one target group: updated, or failed for a reason. */
export type Outcome =
  | { readonly targetGroupId: string; readonly failure?: never }
  | { readonly targetGroupId: string; readonly failure: Failure };

/**
 * What a job must do with a target group as it was read. `updated`: nothing, because it has the target status
 * or the job has moved it before. `refused`: nothing, because it may not move. `move`: write the move.
 */
export type Decision =
  | { readonly kind: 'updated' }
  | { readonly kind: 'move' }
  | { readonly kind: 'refused'; readonly failure: Failure };

export const NOT_FOUND: Failure = {
  code: 'TargetGroupNotFound',
  description: 'The project has no target group with this id.',
};

/** Why the unsettled chunks of a job are given up. */
export const GIVE_UP_REASONS = ['deadline'] as const;

export type GiveUpReason = (typeof GIVE_UP_REASONS)[number];

/** The failure of a target group that could still have been moved when its chunk was given up. */
export const GIVEN_UP: Readonly<Record<GiveUpReason, Failure>> = {
  deadline: {
    code: 'InternalError',
    description:
      'The target group could not be processed before the deadline of the job. It was not changed.',
  },
};

export const NOT_READ: Failure = {
  code: 'InternalError',
  description:
    'The target group could be neither processed nor read. Whether it was changed, its fielding run shows.',
};

export const RECORD_DAMAGED: Failure = {
  code: 'InternalError',
  description: 'The target group could not be processed: its record is damaged.',
};

export const RECORD_UNREADABLE: Failure = {
  code: 'InternalError',
  description: 'The target group could not be processed: its record has a format that is not known yet.',
};

/**
 * Makes the mark that a job leaves on each target group that it moves (ADR 6): part of the job's id, and the
 * time of the job's creation in base 36.
 *
 * 60 bits of the id are enough to tell apart the few jobs with a mark on one target group. A short mark keeps
 * the item small.
 */
export function makeMark(job: { readonly jobId: string; readonly createdAt: string }): string {
  return `${job.jobId.slice(0, 12)}@${Date.parse(job.createdAt).toString(36)}`;
}

/** Whether the guard holds at `now` (RFC 3339, UTC, milliseconds, `Z`). */
function guardHolds(guard: Guard, group: TargetGroup, now: string): boolean {
  switch (guard) {
    case 'completes-goal-open':
      return group.currentCompletes < group.completesGoal;
    case 'end-date-ahead':
      return group.endFieldingAt > now;
  }
}

function describeFailedGuard(guard: Guard, participle: string): string {
  switch (guard) {
    case 'completes-goal-open':
      return `The fielding run cannot be ${participle}: its completes goal has been reached.`;
    case 'end-date-ahead':
      return `The fielding run cannot be ${participle}: its end date has passed.`;
  }
}

/**
 * Decides what a job must do with a target group: nothing, a move, or a refusal.
 *
 * The job's own mark is checked first. When a chunk is worked on again after a crash, a target group must not
 * be moved twice, because the second move could undo what a user did in between (ADR 6).
 *
 * @param found the target group as read, or undefined when the project has none with this id
 * @param mark the mark of this job (see `makeMark`)
 * @param now RFC 3339, UTC, milliseconds, `Z`
 */
export function decide(action: Action, found: TargetGroup | undefined, mark: string, now: string): Decision {
  if (found === undefined) return { kind: 'refused', failure: NOT_FOUND };
  const transition = getTransition(action);
  if (found.marks.includes(mark) || found.status === transition.to) return { kind: 'updated' };
  const refuse = (description: string): Decision => ({
    kind: 'refused',
    failure: { code: 'StatusTransitionNotAllowed', description },
  });
  if (!transition.from.includes(found.status)) {
    return refuse(`A fielding run in status ${found.status} cannot be ${transition.participle}.`);
  }
  const failedGuard = transition.guards.find((guard) => !guardHolds(guard, found, now));
  return failedGuard === undefined
    ? { kind: 'move' }
    : refuse(describeFailedGuard(failedGuard, transition.participle));
}

/** @returns the outcome that a decision means, or undefined when the target group must still be moved */
export function deriveOutcome(targetGroupId: string, decision: Decision): Outcome | undefined {
  switch (decision.kind) {
    case 'updated':
      return { targetGroupId };
    case 'refused':
      return { targetGroupId, failure: decision.failure };
    case 'move':
      return undefined;
  }
}
