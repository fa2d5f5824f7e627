/** The bodies as JSON Schemas under the names that the description refers to them by. */
import { z } from 'zod';
import { describeConfig } from '../../lib/config.ts';
import {
  ERROR_OBJECTS,
  errorBody,
  fieldingRunsBody,
  gatewayBody,
  id,
  jobBody,
  timestamp,
} from '../answers.ts';
import { createBody } from '../create-body.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The schemas of error bodies by status: of those that functions answer. */
export const ERROR_SCHEMAS: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  401: 'AuthorizationError',
  403: 'AuthorizationError',
  404: 'NotFoundError',
  500: 'UnexpectedInternalError',
};

/** Every named schema, for `components.schemas`; references between them lead there. */
export function componentSchemas(): Record<string, JsonObject> {
  const named = z.registry<{ id: string }>();
  named.add(id, { id: 'Id' });
  named.add(timestamp, { id: 'Timestamp' });
  named.add(createBody(maxTargetGroups()), { id: 'CreateJob' });
  named.add(jobBody, { id: 'Job' });
  named.add(fieldingRunsBody, { id: 'FieldingRuns' });
  // By name, since two statuses share one.
  const errors = new Map(Object.entries(ERROR_SCHEMAS).map(([status, name]) => [name, Number(status)]));
  for (const [name, status] of errors) named.add(errorBodyOf(status), { id: name });
  named.add(gatewayBody, { id: 'GatewayMessage' });
  const { schemas } = z.toJSONSchema(named, { uri: schemaReference, override: simplify });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $id: _id, $schema: _dialect, ...schema }]) => [name, schema]),
  );
}

export function schemaReference(name: string): string {
  return `#/components/schemas/${name}`;
}

/** The limit that the stack has when its configuration does not say otherwise. */
function maxTargetGroups(): number {
  return Number(describeConfig().find(({ key }) => key === 'maxTargetGroupsPerJob')?.fallback);
}

/** The body of an error with one status: a 400 always lists its faults, the others never do. */
function errorBodyOf(status: number) {
  const { id, detail, invalid_params } = errorBody.shape;
  const common = { id, object: z.literal(ERROR_OBJECTS[status]), detail };
  return status === 400
    ? z.strictObject({ ...common, invalid_params: invalid_params.unwrap() })
    : z.strictObject(common);
}

/** Says in short what zod says at length. */
function simplify({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === 'uuid') delete jsonSchema.pattern;
  if (jsonSchema.format === 'date-time') jsonSchema.pattern = '^[^ ]{19}\\.[0-9]{3}Z$';
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.exclusiveMinimum === 0) {
    delete jsonSchema.exclusiveMinimum;
    jsonSchema.minimum = 1;
  }
}
