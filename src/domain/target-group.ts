/** A target group and its one fielding run. */
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

/** Identifies one target group. The tenant is part of the key, so no id leads to another tenant's item. */
export interface TargetGroupKey extends Tenant {
  readonly targetGroupId: string;
}

export interface TargetGroup extends TargetGroupKey {
  readonly fieldingRunId: string;
  readonly status: FieldingRunStatus;
  readonly completesGoal: number;
  readonly currentCompletes: number;
  /** RFC 3339, UTC, milliseconds, `Z`. In this form, comparing the texts compares the times. */
  readonly startFieldingAt: string;
  readonly endFieldingAt: string;
  /** Increased by one with every change of status. */
  readonly version: number;
  readonly lastChangedAt: string;
  readonly lastChangedBy: string;
  /** Marks of the last jobs that moved it, newest first. A repeated chunk finds its own move by its mark. */
  readonly marks: readonly string[];
}

/**
 * Number of marks that a target group keeps. A job's mark must still be there when one of its chunks is
 * worked on again after a crash. With six marks, five other jobs may move the target group meanwhile (ADR 6).
 */
export const MARKS_KEPT = 6;
