/** The bodies that the API answers, as strict schemas: every field always there, and no other. */
import { z } from 'zod';
import { ID_PATTERN } from '../src/domain/ids.ts';

const id = z.string().regex(ID_PATTERN);
const timestamp = z.iso.datetime({ precision: 3 });

function list<T extends z.ZodType>(item: T) {
  return z.strictObject({ data: z.array(item), has_more: z.literal(false) });
}

export const jobBody = z.strictObject({
  job_id: id,
  created_at: timestamp,
  created_by: z.uuid(),
  status: z.enum(['Processing', 'Completed', 'Failed']),
  updated_target_groups: list(z.strictObject({ target_group_id: id })),
  failed_target_groups: list(
    z.strictObject({
      target_group_id: id,
      failure_reason: z.strictObject({
        code: z.enum(['TargetGroupNotFound', 'StatusTransitionNotAllowed', 'InternalError']),
        description: z.string().min(1),
      }),
    }),
  ),
});

export const fieldingRunsBody = list(
  z.strictObject({
    id: z.string().min(1),
    status: z.enum(['draft', 'scheduled', 'live', 'paused', 'completed', 'archived']),
    start_fielding_at: timestamp,
    end_fielding_at: timestamp,
    version: z.int().positive(),
    last_changed_at: timestamp,
    last_changed_by: z.uuid(),
  }),
);

/** The `object` of an error, by its status. */
export const ERROR_OBJECTS: Readonly<Record<number, string>> = {
  400: 'bad_request_error',
  401: 'authorization_error',
  403: 'authorization_error',
  404: 'not_found_error',
  500: 'unexpected_internal_error',
};

export const errorBody = z.strictObject({
  id: z.uuid(),
  object: z.enum(Object.values(ERROR_OBJECTS)),
  detail: z.string().min(1),
  invalid_params: z
    .array(z.strictObject({ name: z.string(), reason: z.string().min(1) }))
    .min(1)
    .max(100)
    .optional(),
});

/** What the gateway answers by itself. */
export const gatewayBody = z.strictObject({ message: z.string().min(1) });
