/** Maps every error to what a client sees. The one place that does. */
import { type Fault, FieldingJobsError, type KnownError } from '../domain/errors.ts';
import { type ApiResponse, jsonResponse } from './message.ts';

interface Seen {
  readonly status: 400 | 401 | 403 | 404 | 500;
  readonly object:
    'bad_request_error' | 'authorization_error' | 'not_found_error' | 'unexpected_internal_error';
  readonly detail: string;
  readonly faults?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The response for an error, known or not.
 *
 * @param id a UUID that the log line of this error bears too
 */
export function errorResponse(error: unknown, id: string): ApiResponse {
  const { status, object, detail, faults, headers } = seen(error);
  return jsonResponse(status, { id, object, detail, ...(faults && { invalid_params: faults }) }, headers);
}

function seen(error: unknown): Seen {
  return error instanceof FieldingJobsError ? seenKnown(error as KnownError) : INTERNAL;
}

const INTERNAL: Seen = {
  status: 500,
  object: 'unexpected_internal_error',
  detail: 'Something went wrong on our side. Repeat the request with the same idempotency key.',
};

function seenKnown(error: KnownError): Seen {
  switch (error.name) {
    case 'InvalidRequestError':
      return {
        status: 400,
        object: 'bad_request_error',
        detail: 'The request is not valid; see invalid_params.',
        faults: error.faults,
      };
    case 'IdempotencyKeyReusedError':
      return {
        status: 400,
        object: 'bad_request_error',
        detail: 'The idempotency key was used before, with another request body.',
        faults: [
          { name: 'idempotency-key', reason: 'expected a new key, found one used with other target groups' },
        ],
      };
    case 'UnauthenticatedError':
      return {
        status: 401,
        object: 'authorization_error',
        detail: 'The request needs a valid bearer token.',
        headers: { 'www-authenticate': 'Bearer' },
      };
    case 'ForbiddenError':
      return { status: 403, object: 'authorization_error', detail: 'The token does not permit this.' };
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
  return { status: 404, object: 'not_found_error', detail };
}
