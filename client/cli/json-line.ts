/** The schema of the lines of JSON that the command writes for scripts, which depend on it. */
import { z } from 'zod';
import { ACTION_NAMES } from '../../src/domain/actions.ts';
import { ID_PATTERN, MAX_ACCOUNT_ID } from '../../src/domain/ids.ts';
import { JOB_STATUSES } from '../../src/domain/job.ts';

const id = z.string().regex(ID_PATTERN);
const count = z.int().nonnegative();
/** When the line was written: RFC 3339 in UTC, with milliseconds. */
const timestamp = z.iso.datetime({ precision: 3 });
const reasons = z.array(z.strictObject({ code: z.string(), description: z.string(), count }));

export const jsonLine = z.discriminatedUnion('event', [
  /** Written before anything is sent. */
  z.strictObject({
    event: z.literal('planned'),
    timestamp,
    key: z.string(),
    action: z.enum(ACTION_NAMES),
    account: z.int().min(1).max(MAX_ACCOUNT_ID),
    project: id,
    jobs: count,
    /** Distinct target groups. `duplicates` counts the ids that were given again. */
    count,
    duplicates: count,
  }),
  /** Written when a job is accepted: from then on it will end. */
  z.strictObject({
    event: z.literal('accepted'),
    timestamp,
    location: z.url(),
    job_id: id,
    key: z.string(),
    part: count,
    parts: count,
    count,
    replayed: z.boolean(),
  }),
  /** Written while a job runs. The numbers are null when the API does not send them. */
  z.strictObject({
    event: z.literal('progress'),
    timestamp,
    location: z.url(),
    settled: count.nullable(),
    total: count.nullable(),
  }),
  z.strictObject({
    event: z.literal('ended'),
    timestamp,
    location: z.url(),
    status: z.enum(JOB_STATUSES).exclude(['Processing']),
    updated: count,
    failed: count,
    reasons,
  }),
  /** Written once, for all jobs together, when all have ended. */
  z.strictObject({
    event: z.literal('summary'),
    timestamp,
    jobs: count,
    updated: count,
    failed: count,
    reasons,
    /** The file of `--output`; null without it. */
    output: z.string().nullable(),
  }),
  /** The last line of a command that fails with an exit code of 2 or more, but not 5. */
  z.strictObject({
    event: z.literal('error'),
    timestamp,
    exit_code: z.int(),
    error: z.string(),
    message: z.string(),
    /** The key to repeat the command with; null before there is one. */
    key: z.string().nullable(),
  }),
]);

export type JsonLine = z.output<typeof jsonLine>;
