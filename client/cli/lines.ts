/** The lines of JSON that the command writes when its output is no terminal: a contract with scripts. */
import { z } from 'zod';
import { ACTION_NAMES } from '../../src/domain/actions.ts';
import { ID_PATTERN, MAX_ACCOUNT_ID } from '../../src/domain/ids.ts';
import { JOB_STATUSES } from '../../src/domain/job.ts';

const id = z.string().regex(ID_PATTERN);
const count = z.int().nonnegative();
const reasons = z.array(z.strictObject({ code: z.string(), description: z.string(), count }));

export const jsonLine = z.discriminatedUnion('event', [
  /** Before anything is sent. */
  z.strictObject({
    event: z.literal('planned'),
    key: z.string(),
    action: z.enum(ACTION_NAMES),
    account: z.int().min(1).max(MAX_ACCOUNT_ID),
    project: id,
    jobs: count,
    /** Distinct target groups; so many more were given twice. */
    count,
    duplicates: count,
  }),
  /** A job is accepted: it will end. */
  z.strictObject({
    event: z.literal('accepted'),
    location: z.url(),
    job_id: id,
    key: z.string(),
    part: count,
    parts: count,
    count,
    replayed: z.boolean(),
  }),
  /** A job runs; null where the API does not tell. */
  z.strictObject({
    event: z.literal('progress'),
    location: z.url(),
    settled: count.nullable(),
    total: count.nullable(),
  }),
  z.strictObject({
    event: z.literal('ended'),
    location: z.url(),
    status: z.enum(JOB_STATUSES).exclude(['Processing']),
    updated: count,
    failed: count,
    reasons,
  }),
  /** Of all jobs together, when all have ended. */
  z.strictObject({
    event: z.literal('summary'),
    jobs: count,
    updated: count,
    failed: count,
    reasons,
    /** The file of `--output`. */
    output: z.string().nullable(),
  }),
  /** The last line of a command that did not do what it was to do. */
  z.strictObject({
    event: z.literal('error'),
    exit_code: z.int(),
    error: z.string(),
    message: z.string(),
    /** To repeat the command with; null before there is one. */
    key: z.string().nullable(),
  }),
]);

export type JsonLine = z.output<typeof jsonLine>;
