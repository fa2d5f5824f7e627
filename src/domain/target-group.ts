/** A target group and its one fielding run, as the store keeps them. */
import type { Tenant } from './ids.ts';

export const FIELDING_RUN_STATUSES = [
  'draft',
  'scheduled',
  'live',
  'paused',
  'completed',
  'archived',
] as const;

export type FieldingRunStatus = (typeof FIELDING_RUN_STATUSES)[number];

/** Names one target group. The tenant is part of the name, so that no id reaches another tenant's item. */
export interface TargetGroupKey extends Tenant {
  readonly targetGroupId: string;
}

export interface TargetGroup extends TargetGroupKey {
  readonly fieldingRunId: string;
  readonly status: FieldingRunStatus;
  readonly completesGoal: number;
  readonly currentCompletes: number;
  /** RFC 3339, UTC, milliseconds, `Z`: in this one form the order of the texts is the order of the times. */
  readonly startFieldingAt: string;
  readonly endFieldingAt: string;
  /** Raised by one with every change of status. */
  readonly version: number;
  readonly lastChangedAt: string;
  readonly lastChangedBy: string;
  /** The marks of the last jobs that moved it, newest first: they tell a repeated chunk that it was here. */
  readonly marks: readonly string[];
}

/**
 * How many marks a target group keeps. A job's own mark must survive the moves of other jobs for as long as
 * one of its chunks may be taken up again. One would do were there one job at a time; with six, five other
 * jobs may move the target group between a crash and the redelivery of its chunk, minutes later.
 */
export const MARKS_KEPT = 6;
