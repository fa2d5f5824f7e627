/**
 * The response bodies of the API as strict schemas, which allow no unknown fields. The functions (src/http)
 * import only their types, because the schemas would make a bundle much larger (ADR 16).
 */
import { z } from 'zod';
import type { Fault } from '../src/domain/errors.ts';
import { ID_FORMAT, ID_PATTERN } from '../src/domain/ids.ts';
import { JOB_STATUSES } from '../src/domain/job.ts';
import { FAILURE_CODES, type Failure } from '../src/domain/outcome.ts';
import { FIELDING_RUN_STATUSES } from '../src/domain/target-group.ts';
import { ERROR_OBJECTS } from './error-objects.ts';
import { MAX_FAULTS } from './limits.ts';

export const id = z.string().regex(ID_PATTERN).describe(`${ID_FORMAT}: opaque text.`);

export const timestamp = z.iso.datetime({ precision: 3 }).describe('RFC 3339, in UTC, with milliseconds.');

function makeListSchema<T extends z.ZodType>(item: T) {
  return z.strictObject({
    data: z.array(item),
    has_more: z.literal(false).describe('Lists are always whole.'),
  });
}

export const jobBody = z.strictObject({
  job_id: id,
  created_at: timestamp,
  created_by: z.uuid().describe('The user of the token that created the job.'),
  status: z
    .enum(JOB_STATUSES)
    .describe(
      'Processing: not every target group has its outcome yet. Completed: each has one. ' +
        'Failed: each has one, and at least one of them is InternalError.',
    ),
  updated_target_groups: makeListSchema(z.strictObject({ target_group_id: id })).describe(
    'Those that are in the status asked for, in id order. Empty while the job is Processing.',
  ),
  failed_target_groups: makeListSchema(
    z.strictObject({
      target_group_id: id,
      failure_reason: z.strictObject({
        code: z.enum(FAILURE_CODES).describe('What to decide by.'),
        description: z.string().min(1).describe('For people to read.'),
      }) satisfies z.ZodType<Failure>,
    }),
  ).describe('All others, each with its reason, in id order. Empty while the job is Processing.'),
});

export const fieldingRunsBody = makeListSchema(
  z.strictObject({
    id: z.string().min(1),
    status: z.enum(FIELDING_RUN_STATUSES),
    start_fielding_at: timestamp,
    end_fielding_at: timestamp,
    version: z.int().positive().describe('One higher after each change of status.'),
    last_changed_at: timestamp,
    last_changed_by: z.uuid().describe('The user whose job, or whose import, changed it last.'),
  }),
);

export const errorBody = z.strictObject({
  id: z.uuid().describe('Names this very error; whoever runs the stack finds it in the logs.'),
  object: z.enum(Object.values(ERROR_OBJECTS)),
  detail: z.string().min(1).describe('For people to read.'),
  invalid_params: z
    .array(z.strictObject({ name: z.string(), reason: z.string().min(1) }) satisfies z.ZodType<Fault>)
    .min(1)
    .max(MAX_FAULTS)
    .optional()
    .describe(`Every fault that was found, at most ${MAX_FAULTS}.`),
});

/** The body of a response that API Gateway makes without a function. */
export const gatewayBody = z.strictObject({ message: z.string().min(1) });

export type JobBody = DeepReadonly<z.output<typeof jobBody>>;
export type FieldingRunsBody = DeepReadonly<z.output<typeof fieldingRunsBody>>;
export type ErrorBody = DeepReadonly<z.output<typeof errorBody>>;

/** The type `T` with every property read-only, at every depth. */
export type DeepReadonly<T> = T extends object ? { readonly [Name in keyof T]: DeepReadonly<T[Name]> } : T;
