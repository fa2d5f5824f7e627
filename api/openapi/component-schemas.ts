/** Makes the JSON Schemas of the bodies, as `components.schemas` of the description. */
import { z } from 'zod';
import { errorBody, fieldingRunsBody, gatewayBody, id, jobBody, timestamp } from '../answers.ts';
import { createBody } from '../create-body.ts';
import { ERROR_OBJECTS, type ErrorObject } from '../error-objects.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Makes every named schema. References between schemas point to `components.schemas`. */
export function makeComponentSchemas(): Record<string, JsonObject> {
  const named = z.registry<{ id: string }>();
  named.add(id, { id: 'Id' });
  named.add(timestamp, { id: 'Timestamp' });
  named.add(createBody, { id: 'CreateJob' });
  named.add(jobBody, { id: 'Job' });
  named.add(fieldingRunsBody, { id: 'FieldingRuns' });
  for (const object of new Set(Object.values(ERROR_OBJECTS))) {
    named.add(makeErrorSchema(object), { id: makeErrorSchemaName(object) });
  }
  named.add(gatewayBody, { id: 'GatewayMessage' });
  const { schemas } = z.toJSONSchema(named, { uri: makeSchemaReference, override: simplifySchema });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $id: _id, $schema: _dialect, ...schema }]) => [name, schema]),
  );
}

export function makeSchemaReference(name: string): string {
  return `#/components/schemas/${name}`;
}

/** Makes `BadRequestError` from `bad_request_error`. */
export function makeErrorSchemaName(object: ErrorObject): string {
  return object.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Makes the schema of one kind of error: a 400 always has `invalid_params`, the others never do. */
function makeErrorSchema(object: ErrorObject) {
  const { id, detail, invalid_params } = errorBody.shape;
  const common = { id, object: z.literal(object), detail };
  return object === ERROR_OBJECTS[400]
    ? z.strictObject({ ...common, invalid_params: invalid_params.unwrap() })
    : z.strictObject(common);
}

/** Shortens what zod writes for UUIDs, times and numbers. */
function simplifySchema({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === 'uuid') delete jsonSchema.pattern;
  if (jsonSchema.format === 'date-time') jsonSchema.pattern = '^[^ ]{19}\\.[0-9]{3}Z$';
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.exclusiveMinimum === 0) {
    delete jsonSchema.exclusiveMinimum;
    jsonSchema.minimum = 1;
  }
}
