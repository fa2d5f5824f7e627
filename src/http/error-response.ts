/** Turns every error into the answer that a client gets. No other file does this. */
import type { ErrorBody } from '../../api/answers.ts';
import { ERROR_OBJECTS, type ErrorStatus } from '../../api/errors.ts';
import { IDEMPOTENCY_KEY } from '../../api/header-names.ts';
import { type Fault, FieldingJobsError } from '../domain/errors.ts';
import type { KnownError } from '../domain/known-error.ts';
import { type ApiResponse, jsonResponse } from './message.ts';

interface Seen {
  readonly status: ErrorStatus;
  readonly detail: string;
  readonly faults?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Makes the response for an error. An unknown error becomes a 500.
 *
 * @param id a UUID that is also in the log line of this error
 */
export function errorResponse(error: unknown, id: string): ApiResponse {
  const { status, detail, faults, headers } = seen(error);
  const body: ErrorBody = {
    id,
    object: ERROR_OBJECTS[status],
    detail,
    ...(faults && { invalid_params: faults }),
  };
  return jsonResponse(status, body, headers);
}

function seen(error: unknown): Seen {
  return error instanceof FieldingJobsError ? seenKnown(error as KnownError) : INTERNAL;
}

const INTERNAL: Seen = {
  status: 500,
  detail: 'Something went wrong on our side. Repeat the request with the same idempotency key.',
};

function seenKnown(error: KnownError): Seen {
  switch (error.name) {
    case 'InvalidRequestError':
      return {
        status: 400,
        detail: 'The request is not valid; see invalid_params.',
        faults: error.faults,
      };
    case 'IdempotencyKeyReusedError':
      return {
        status: 400,
        detail: 'The idempotency key was used before, with another request body.',
        faults: [
          { name: IDEMPOTENCY_KEY, reason: 'expected a new key, found one used with other target groups' },
        ],
      };
    case 'UnauthenticatedError':
      return {
        status: 401,
        detail: 'The request needs a valid bearer token.',
        headers: { 'www-authenticate': 'Bearer' },
      };
    case 'ForbiddenError':
      return { status: 403, detail: 'The token does not permit this.' };
    case 'ProjectNotFoundError':
      return notFound('The account has no such project.');
    case 'JobNotFoundError':
      return notFound('The project has no such job.');
    case 'TargetGroupNotFoundError':
      return notFound('The project has no such target group.');
    case 'RouteNotFoundError':
      return notFound('There is nothing at this address.');
    case 'InconsistentStoreError':
    case 'EnqueueFailedError':
    case 'UnparsableMessageError':
    case 'ChunkTakenError':
    case 'TargetGroupChangedError':
    case 'UncertainWriteError':
    case 'ThrottledError':
    case 'ChunkUnfinishedError':
      return INTERNAL;
  }
}

function notFound(detail: string): Seen {
  return { status: 404, detail };
}
