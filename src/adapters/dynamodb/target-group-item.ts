/**
 * The items of the target groups table: projects and target groups.
 *
 * The tenant is part of the key. It comes from a checked path, so that no id in a body reaches an item of
 * another tenant: an id holds no `#`, and the account's number none either.
 *
 * Times are epoch ms. Of a fielding run's period the item keeps the end and the length in ms. An update expression can add
 * two numbers once and cannot reckon with dates: kept so, a move that starts a fielding run now and keeps its
 * length is `end = now + length`, one write that needs no read, and there is no start that could contradict it.
 */
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Tenant } from '../../domain/ids.ts';
import {
  FIELDING_RUN_STATUSES,
  MARKS_KEPT,
  type TargetGroup,
  type TargetGroupKey,
} from '../../domain/target-group.ts';
import { asTime, type Item, number, oneOf, text } from './read-item.ts';

/** What stands where no job has left a mark yet. */
export const NO_MARK = '-';

/** The attributes that hold the marks, newest first. */
export const MARKS = Array.from({ length: MARKS_KEPT }, (_, i) => `mark_${i + 1}`);

export const projectKey = (tenant: Tenant) => ({ pk: `${tenant.accountId}#${tenant.projectId}` });

export const targetGroupKey = (key: TargetGroupKey) => ({
  pk: `${key.accountId}#${key.projectId}#${key.targetGroupId}`,
});

/** A project as DynamoDB takes it. */
export function projectItem(tenant: Tenant) {
  return marshall(projectKey(tenant));
}

/** A target group as DynamoDB takes it, to be put as a new item. */
export function targetGroupItem(group: TargetGroup) {
  const marks = group.marks.map((mark, i) => [MARKS[i] ?? '', mark] as const);
  return marshall({
    ...targetGroupKey(group),
    fielding_run_id: group.fieldingRunId,
    status: group.status,
    completes_goal: group.completesGoal,
    current_completes: group.currentCompletes,
    end_fielding_at: Date.parse(group.endFieldingAt),
    fielding_length: Date.parse(group.endFieldingAt) - Date.parse(group.startFieldingAt),
    version: group.version,
    last_changed_at: Date.parse(group.lastChangedAt),
    last_changed_by: group.lastChangedBy,
    ...Object.fromEntries(marks),
  });
}

/** @throws InconsistentStoreError when an attribute is not what it should be */
export function readTargetGroup(key: TargetGroupKey, item: Item): TargetGroup {
  const marks = MARKS.map((name) => item[name]);
  const end = number(item, 'end_fielding_at');
  const length = number(item, 'fielding_length');
  return {
    accountId: key.accountId,
    projectId: key.projectId,
    targetGroupId: key.targetGroupId,
    fieldingRunId: text(item, 'fielding_run_id'),
    status: oneOf(item, 'status', FIELDING_RUN_STATUSES),
    completesGoal: number(item, 'completes_goal'),
    currentCompletes: number(item, 'current_completes'),
    startFieldingAt: asTime(item, 'fielding_length', end - length),
    endFieldingAt: asTime(item, 'end_fielding_at', end),
    version: number(item, 'version'),
    lastChangedAt: asTime(item, 'last_changed_at', number(item, 'last_changed_at')),
    lastChangedBy: text(item, 'last_changed_by'),
    marks: marks.filter((mark): mark is string => typeof mark === 'string' && mark !== NO_MARK),
  };
}
