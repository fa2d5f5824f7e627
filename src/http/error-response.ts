/** Turns every error into the answer that a client gets. No other file does this. */
import type { ErrorBody } from '../../api/answers.ts';
import { ERROR_OBJECTS, type ErrorStatus } from '../../api/error-objects.ts';
import { IDEMPOTENCY_KEY } from '../../api/header-names.ts';
import { type Fault, FieldingJobsError, type RetryAfter, type Shortage } from '../domain/errors.ts';
import type { KnownError } from '../domain/known-error.ts';
import { type ApiResponse, makeJsonResponse } from './message.ts';

interface ErrorView {
  readonly status: ErrorStatus;
  readonly detail: string;
  readonly faults?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly retryAfter?: RetryAfter;
}

/**
 * Makes the response for an error. An unknown error becomes a 500.
 *
 * @param id a UUID that is also in the log line of this error
 * @param random returns a number, at least 0 and less than 1
 */
export function makeErrorResponse(error: unknown, id: string, random = Math.random): ApiResponse {
  const { status, detail, faults, headers, retryAfter } = describeError(error);
  const body: ErrorBody = {
    id,
    object: ERROR_OBJECTS[status],
    detail,
    ...(faults && { invalid_params: faults }),
  };
  return makeJsonResponse(status, body, {
    ...headers,
    ...(retryAfter && { 'retry-after': String(drawSeconds(retryAfter, random)) }),
  });
}

function drawSeconds({ shortest, longest }: RetryAfter, random: () => number): number {
  return shortest + Math.floor(random() * (longest - shortest + 1));
}

function describeError(error: unknown): ErrorView {
  return error instanceof FieldingJobsError ? describeKnownError(error as KnownError) : INTERNAL;
}

const INTERNAL: ErrorView = {
  status: 500,
  detail: 'Something went wrong on our side. Repeat the request with the same idempotency key.',
};

const NOTHING_CREATED = 'Nothing was created. Repeat the request with the same idempotency key later.';

const SHORTAGES: Readonly<Record<Shortage, string>> = {
  'open-work': `There is more open work than can be carried out in time. ${NOTHING_CREATED}`,
  'issuer-keys': 'Tokens cannot be verified at the moment. Repeat the request later.',
};

function describeKnownError(error: KnownError): ErrorView {
  switch (error.name) {
    case 'InvalidRequestError':
      return {
        status: 400,
        detail: 'The request is not valid; see invalid_params.',
        faults: error.faults,
      };
    case 'UnsupportedEncodingError':
      return {
        status: 415,
        detail: 'The body must be sent as it is, without gzip or any other content encoding.',
        // https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16
        headers: { 'accept-encoding': 'identity' },
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
    case 'TooManyRequestsError':
      return {
        status: 429,
        detail: `The account has too much open work. ${NOTHING_CREATED}`,
        retryAfter: error.retryAfter,
      };
    case 'ServiceUnavailableError':
      return { status: 503, detail: SHORTAGES[error.shortage], retryAfter: error.retryAfter };
    case 'ProjectNotFoundError':
      return describeNotFound('The account has no such project.');
    case 'JobNotFoundError':
      return describeNotFound('The project has no such job.');
    case 'TargetGroupNotFoundError':
      return describeNotFound('The project has no such target group.');
    case 'RouteNotFoundError':
      return describeNotFound('There is nothing at this address.');
    case 'InconsistentStoreError':
    case 'UnknownFormatError':
    case 'EnqueueFailedError':
    case 'UnparsableMessageError':
    case 'ChunkTakenError':
    case 'TargetGroupChangedError':
    case 'UncertainWriteError':
    case 'ThrottledError':
    case 'ChunkUnfinishedError':
    case 'IssuerUnreachableError':
      return INTERNAL;
  }
}

function describeNotFound(detail: string): ErrorView {
  return { status: 404, detail };
}
