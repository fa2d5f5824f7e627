/**
 * The items of the target groups table: projects and target groups.
 *
 * The tenant is part of the key and comes from a checked path, so that no id in a body leads to an item of
 * another tenant. Neither an id nor an account id contains `#`, so keys are unambiguous.
 *
 * Times are epoch ms. The item holds the end of a fielding run and its length in ms, but no start (ADR 27).
 * So a move that starts a fielding run now sets `end = now + length`, in one write and without a read.
 */
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Tenant } from '../../domain/ids.ts';
import {
  FIELDING_RUN_STATUSES,
  MARKS_KEPT,
  type TargetGroup,
  type TargetGroupKey,
} from '../../domain/target-group.ts';
import { FORMAT } from '../format.ts';
import { formatTime, type Item, readNumber, readOneOf, readText, requireKnownFormat } from './read-item.ts';

/** The formats in which the items are written, and the latest ones that are read (ADR 37). */
export const PROJECT_FORMAT = 1;
export const TARGET_GROUP_FORMAT = 1;

/** Value of a mark attribute for which there is no mark yet. */
export const NO_MARK = '-';

/** Names of the attributes that hold the marks, newest first. */
export const MARKS = Array.from({ length: MARKS_KEPT }, (_, i) => `mark_${i + 1}`);

export const makeProjectKey = (tenant: Tenant) => ({ pk: `${tenant.accountId}#${tenant.projectId}` });

export const makeTargetGroupKey = (key: TargetGroupKey) => ({
  pk: `${key.accountId}#${key.projectId}#${key.targetGroupId}`,
});

/** Makes the item of a project, in DynamoDB's attribute format. */
export function makeProjectItem(tenant: Tenant) {
  return marshall({ ...makeProjectKey(tenant), [FORMAT]: PROJECT_FORMAT });
}

/** Makes the item of a new target group, in DynamoDB's attribute format. */
export function makeTargetGroupItem(group: TargetGroup) {
  const marks = group.marks.map((mark, i) => [MARKS[i] ?? '', mark] as const);
  return marshall({
    ...makeTargetGroupKey(group),
    [FORMAT]: TARGET_GROUP_FORMAT,
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

/** @throws UnknownFormatError, InconsistentStoreError when an attribute is missing or malformed */
export function readTargetGroup(key: TargetGroupKey, item: Item): TargetGroup {
  requireKnownFormat(item, TARGET_GROUP_FORMAT);
  const marks = MARKS.map((name) => item[name]);
  const end = readNumber(item, 'end_fielding_at');
  const length = readNumber(item, 'fielding_length');
  return {
    accountId: key.accountId,
    projectId: key.projectId,
    targetGroupId: key.targetGroupId,
    fieldingRunId: readText(item, 'fielding_run_id'),
    status: readOneOf(item, 'status', FIELDING_RUN_STATUSES),
    completesGoal: readNumber(item, 'completes_goal'),
    currentCompletes: readNumber(item, 'current_completes'),
    startFieldingAt: formatTime(item, 'fielding_length', end - length),
    endFieldingAt: formatTime(item, 'end_fielding_at', end),
    version: readNumber(item, 'version'),
    lastChangedAt: formatTime(item, 'last_changed_at', readNumber(item, 'last_changed_at')),
    lastChangedBy: readText(item, 'last_changed_by'),
    marks: marks.filter((mark): mark is string => typeof mark === 'string' && mark !== NO_MARK),
  };
}
