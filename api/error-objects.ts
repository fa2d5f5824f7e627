/** The errors of the contract: the field `object` of an error body, by HTTP status. */

/** The errors that functions return. API Gateway's own errors have no `object`. */
export const ERROR_OBJECTS = {
  400: 'bad_request_error',
  401: 'authorization_error',
  403: 'authorization_error',
  404: 'not_found_error',
  415: 'unsupported_media_type_error',
  429: 'too_many_requests_error',
  500: 'unexpected_internal_error',
  503: 'service_unavailable_error',
} as const;

export type ErrorStatus = keyof typeof ERROR_OBJECTS;

export type ErrorObject = (typeof ERROR_OBJECTS)[ErrorStatus];

/** Whether functions return errors with this HTTP status. */
export function isErrorStatus(status: number): status is ErrorStatus {
  return Object.hasOwn(ERROR_OBJECTS, status);
}
