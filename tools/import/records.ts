/** Reads the records of a data file, projects and target groups, and checks each field. */
import { z } from 'zod';
import { ID_FORMAT, ID_PATTERN, MAX_ACCOUNT_ID, type Tenant } from '../../src/domain/ids.ts';
import { FIELDING_RUN_STATUSES, type TargetGroup } from '../../src/domain/target-group.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import { DataFileError } from '../kit/tool-errors.ts';
import { findDoubledMember, parseObject } from '../kit/json.ts';
import type { Line } from '../kit/read-lines.ts';
import { makeExcerpt } from '../kit/printable.ts';

export type DataRecord =
  | { readonly type: 'project'; readonly tenant: Tenant }
  | { readonly type: 'target_group'; readonly group: TargetGroup };

/** A record that is not checked yet. */
export interface RecordAtLine {
  readonly line: number;
  /** @throws DataFileError naming each bad field, what was found and what was expected */
  readonly read: () => DataRecord;
}

/** Stored as the last user who changed a target group that no user has changed yet. */
export const SEEDED_BY = '00000000-0000-4000-8000-000000000000';

/** The message of every issue names the expected value; `problems` puts the found value before it. */
function integerField(from: number, to: number) {
  const error = `a whole number from ${from} to ${to}`;
  return z.int({ error }).min(from, { error }).max(to, { error });
}

const id = z.string({ error: ID_FORMAT }).regex(ID_PATTERN, { error: ID_FORMAT });

const TIME = 'a time like 2026-01-31T12:00:00Z';
const time = z.iso
  .datetime({ offset: true, error: TIME })
  .refine((text) => !Number.isNaN(Date.parse(text)), { error: TIME, abort: true })
  .transform((text) => formatTimestamp(Date.parse(text)))
  // An offset can lead out of the years that sort as text.
  .refine((text) => /^\d{4}-/.test(text), { error: TIME });

/** Fields of every record; of every target group; and those that a target group may leave out. */
export const PROJECT_FIELDS = ['account_id', 'project_id'] as const;
export const TARGET_GROUP_FIELDS = [
  ...PROJECT_FIELDS,
  'target_group_id',
  'status',
  'completes_goal',
  'current_completes',
  'start_fielding_at',
  'end_fielding_at',
] as const;
export const OPTIONAL_FIELDS = ['fielding_run_id'] as const;

const tenant = { account_id: integerField(1, MAX_ACCOUNT_ID), project_id: id };

const lineShape = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('project'), ...tenant }),
    z.strictObject({
      type: z.literal('target_group'),
      ...tenant,
      target_group_id: id,
      status: z.enum(FIELDING_RUN_STATUSES, { error: `one of ${FIELDING_RUN_STATUSES.join(', ')}` }),
      completes_goal: integerField(0, Number.MAX_SAFE_INTEGER),
      current_completes: integerField(0, Number.MAX_SAFE_INTEGER),
      start_fielding_at: time,
      end_fielding_at: time,
      fielding_run_id: id.optional(),
    }),
  ],
  { error: 'project or target_group' },
);

/**
 * Reads one line of JSON.
 * @param now time of last change of the target group: RFC 3339, UTC, milliseconds, `Z`
 * @throws DataFileError naming each bad field, what was found and what was expected
 */
export function parseLine(file: string, line: Line, now: string): DataRecord {
  const value = parseObject(line.text);
  if (value === undefined) {
    throw new DataFileError(file, line.number, `found ${makeExcerpt(line.text)}, expected a JSON object`);
  }
  const doubled = findDoubledMember(line.text);
  if (doubled !== undefined) {
    throw new DataFileError(file, line.number, `${makeExcerpt(doubled)}: found more than one, expected one`);
  }
  return readRecord(file, line.number, value, now);
}

/**
 * Reads one record.
 * @param line its number, from 1
 * @param now time of last change of the target group: RFC 3339, UTC, milliseconds, `Z`
 * @throws DataFileError naming each bad field, what was found and what was expected
 */
export function readRecord(file: string, line: number, value: object, now: string): DataRecord {
  const result = lineShape.safeParse(value);
  if (!result.success) throw new DataFileError(file, line, describeProblems(result.error, value));
  const { data } = result;
  const owner = { accountId: data.account_id, projectId: data.project_id };
  if (data.type === 'project') return { type: 'project', tenant: owner };
  if (data.end_fielding_at <= data.start_fielding_at) {
    const found = makeExcerpt(JSON.stringify((value as Record<string, unknown>)['end_fielding_at']));
    throw new DataFileError(
      file,
      line,
      `end_fielding_at: found ${found}, expected a time after start_fielding_at`,
    );
  }
  return {
    type: 'target_group',
    group: {
      ...owner,
      targetGroupId: data.target_group_id,
      fieldingRunId: data.fielding_run_id ?? deriveFieldingRunId(data.target_group_id),
      status: data.status,
      completesGoal: data.completes_goal,
      currentCompletes: data.current_completes,
      startFieldingAt: data.start_fielding_at,
      endFieldingAt: data.end_fielding_at,
      version: 1,
      lastChangedAt: now,
      lastChangedBy: SEEDED_BY,
      marks: [],
    },
  };
}

/** Derives the fielding run's id for a target group that names none: the same for the same target group. */
export function deriveFieldingRunId(targetGroupId: string): string {
  return `R${targetGroupId.slice(1)}`;
}

function describeProblems(error: z.ZodError, value: object): string {
  const problems = error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => `${key}: not a field of this type`);
    const name = String(issue.path[0]);
    const found = Object.entries(value).find(([key]) => key === name);
    return `${name}: found ${found === undefined ? 'nothing' : makeExcerpt(JSON.stringify(found[1]))}, expected ${issue.message}`;
  });
  // Several checks of one field can fail with the same message.
  return [...new Set(problems)].join('; ');
}
