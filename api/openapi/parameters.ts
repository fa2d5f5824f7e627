/** Describes the path parameters and the request headers, as `components.parameters` of the description. */
import { z } from 'zod';
import { MAX_ACCOUNT_ID } from '../../src/domain/ids.ts';
import { API_VERSION, type IDEMPOTENCY_KEY, type VERSION_HEADER } from '../header-names.ts';
import { KEY_PATTERN, MAX_KEY_LENGTH } from '../limits.ts';
import type { PathParameter } from '../routes.ts';
import { SAMPLE_JOB_ID, SAMPLE_KEY, SAMPLE_TARGET_GROUP_ID, SAMPLE_TENANT } from './scenario.ts';
import { type JsonObject, makeSchemaReference } from './component-schemas.ts';

type RequestHeader = typeof IDEMPOTENCY_KEY | typeof VERSION_HEADER | 'traceparent' | 'tracestate';

const ID = { $ref: makeSchemaReference('Id') };

export const PARAMETERS = {
  AccountId: makePathParameter('account_id', {
    description: 'The account. The token must cover it.',
    schema: makeJsonSchema(z.int().min(1).max(MAX_ACCOUNT_ID)),
    example: SAMPLE_TENANT.accountId,
  }),
  ProjectId: makePathParameter('project_id', {
    description: 'The project that the target groups belong to.',
    schema: ID,
    example: SAMPLE_TENANT.projectId,
  }),
  JobId: makePathParameter('job_id', {
    description: 'The job, as the `Location` of its creation names it.',
    schema: ID,
    example: SAMPLE_JOB_ID,
  }),
  TargetGroupId: makePathParameter('target_group_id', {
    description: 'The target group.',
    schema: ID,
    example: SAMPLE_TARGET_GROUP_ID,
  }),
  IdempotencyKey: makeHeaderParameter('Idempotency-Key', {
    required: true,
    description:
      'Chosen by the client, best a UUID for each job: printable ASCII without a comma. A repeat with the same key and the same target groups ' +
      'creates nothing again.',
    schema: makeJsonSchema(z.string().min(1).max(MAX_KEY_LENGTH).regex(KEY_PATTERN)),
    example: SAMPLE_KEY,
  }),
  CintApiVersion: makeHeaderParameter('Cint-API-Version', {
    description: 'The version of the contract. If it is sent, it must be this one.',
    schema: makeJsonSchema(z.literal(API_VERSION)),
  }),
  Traceparent: makeHeaderParameter('traceparent', {
    description:
      'W3C Trace Context: the trace goes on through the job. One that does not parse is no error; a new trace ' +
      'begins instead.',
    schema: makeJsonSchema(z.string()),
  }),
  Tracestate: makeHeaderParameter('tracestate', {
    description: 'W3C Trace Context. Handed on with the entry of this service added in front.',
    schema: makeJsonSchema(z.string()),
  }),
} satisfies Record<string, JsonObject>;

export function makeParameterReference(name: keyof typeof PARAMETERS): JsonObject {
  return { $ref: `#/components/parameters/${name}` };
}

/**
 * Makes the reference to a path parameter by its name in the path.
 * @throws Error when the parameter is not described
 */
export function makePathParameterReference(name: string): JsonObject {
  const [component] = Object.entries(PARAMETERS).find(([, each]) => each['name'] === name) ?? [];
  if (component === undefined) throw new Error(`the path parameter ${name} is not described`);
  return makeParameterReference(component as keyof typeof PARAMETERS);
}

function makePathParameter(name: PathParameter, rest: JsonObject): JsonObject {
  return { name, in: 'path', required: true, ...rest };
}

/** @param name in its usual capitals; its type checks it against the lower-case names of the contract */
function makeHeaderParameter<Name extends string>(
  name: Lowercase<Name> extends RequestHeader ? Name : never,
  rest: JsonObject,
): JsonObject {
  return { name, in: 'header', ...rest };
}

function makeJsonSchema(type: z.ZodType): JsonObject {
  const schema = z.toJSONSchema(type);
  delete schema.$schema;
  return schema;
}
