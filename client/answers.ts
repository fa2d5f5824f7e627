/** The API's answers as types: inferred from the schemas that the API itself is held to. */
import type { z } from 'zod';
import { errorBody, gatewayBody, jobBody } from '../api/answers.ts';
import { parseJson } from '../tools/kit/json.ts';
import { printable } from '../tools/kit/printable.ts';
import { UnexpectedAnswerError } from './errors.ts';

/** A job, as a `GET` of its address answers it. */
export type Job = z.output<typeof jobBody>;

/** A target group that was not updated, and why. */
export type FailedTargetGroup = Job['failed_target_groups']['data'][number];

export interface Told {
  readonly detail: string;
  readonly errorId?: string;
  readonly invalidParams?: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Reads the body of a job.
 * @param what was asked for, for the error
 * @throws UnexpectedAnswerError
 */
export function readJob(what: string, text: string): Job {
  const read = tolerantly(jobBody, parseJson(text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new UnexpectedAnswerError(
    `${what}: the answer is not a job: ${where === '' ? 'body' : where}: ${issue?.message ?? ''}`,
    { cause: read.error },
  );
}

/** What an answer that is no 2xx says of the reason: the API in its form, the gateway in its own, others as text. */
export function readError(text: string): Told {
  const value = parseJson(text);
  const body = tolerantly(errorBody, value);
  if (body.success) {
    const { id, detail, invalid_params } = body.data;
    return {
      detail: printable(detail),
      errorId: id,
      ...(invalid_params && {
        invalidParams: invalid_params.map(({ name, reason }) => ({
          name: printable(name),
          reason: printable(reason),
        })),
      }),
    };
  }
  const gateway = gatewayBody.safeParse(value);
  const found = gateway.success ? gateway.data.message : text.trim();
  return { detail: found === '' ? 'without a body' : printable(found.slice(0, 200)) };
}

/** By the schema, but a field more is no fault: the API may grow one, and clients that are out there must not break. */
function tolerantly<T extends z.ZodType>(schema: T, value: unknown): z.ZodSafeParseResult<z.output<T>> {
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
