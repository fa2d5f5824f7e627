/** Reads the answers of the API. Their types are inferred from the API's own schemas. */
import type { z } from 'zod';
import { errorBody, gatewayBody, jobBody } from '../api/answers.ts';
import { parseJson } from '../tools/kit/json.ts';
import { replaceUnprintable } from '../tools/kit/printable.ts';
import { UnexpectedAnswerError } from './client-errors.ts';

/**
 * A job, as a `GET` of its address returns it. Both lists are empty while `status` is `Processing`;
 * afterwards each target group is in exactly one of them, in id order. Times are RFC 3339 in UTC, with
 * milliseconds.
 */
export type Job = z.output<typeof jobBody>;

/**
 * A target group that was not updated, with the reason: a `code` to decide by and a `description` for people.
 */
export type FailedTargetGroup = Job['failed_target_groups']['data'][number];

/** What an error answer says. */
export interface ErrorDetails {
  readonly detail: string;
  readonly errorId?: string;
  readonly invalidParams?: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Reads the body of a job.
 * @param what the call in words, for the error, such as `job 2 of 3`
 * @throws UnexpectedAnswerError when the text is not the JSON of a job
 */
export function readJob(what: string, text: string): Job {
  const read = parseTolerantly(jobBody, parseJson(text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new UnexpectedAnswerError(
    `${what}: the answer is not a job: ${where === '' ? 'body' : where}: ${issue?.message ?? ''}`,
    { cause: read.error },
  );
}

/**
 * Reads the reason from an error body: the API's, API Gateway's, or else up to 200 characters of the text.
 */
export function readError(text: string): ErrorDetails {
  const value = parseJson(text);
  const body = parseTolerantly(errorBody, value);
  if (body.success) {
    const { id, detail, invalid_params } = body.data;
    return {
      detail: replaceUnprintable(detail),
      errorId: id,
      ...(invalid_params && {
        invalidParams: invalid_params.map(({ name, reason }) => ({
          name: replaceUnprintable(name),
          reason: replaceUnprintable(reason),
        })),
      }),
    };
  }
  const gateway = gatewayBody.safeParse(value);
  const found = gateway.success ? gateway.data.message : text.trim();
  return { detail: found === '' ? 'without a body' : replaceUnprintable(found.slice(0, 200)) };
}

/**
 * Parses by the schema but drops unknown fields, so that a field of a later API does not break this client.
 */
function parseTolerantly<T extends z.ZodType>(schema: T, value: unknown): z.ZodSafeParseResult<z.output<T>> {
  const read = schema.safeParse(value);
  const added = read.error?.issues.filter((issue) => issue.code === 'unrecognized_keys') ?? [];
  if (added.length === 0) return read;
  const known = structuredClone(value);
  for (const { path, keys } of added) {
    const owner = path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown>)[step], known);
    for (const key of keys) Reflect.deleteProperty(owner as object, key);
  }
  return schema.safeParse(known);
}
