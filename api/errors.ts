/** The errors of the contract: the `object` in the body of each, by its status. */

/** Those that functions answer; the gateway in front of them has others, without an `object`. */
export const ERROR_OBJECTS = {
  400: 'bad_request_error',
  401: 'authorization_error',
  403: 'authorization_error',
  404: 'not_found_error',
  500: 'unexpected_internal_error',
} as const;

export type ErrorStatus = keyof typeof ERROR_OBJECTS;

export type ErrorObject = (typeof ERROR_OBJECTS)[ErrorStatus];

export function isErrorStatus(status: number): status is ErrorStatus {
  return Object.hasOwn(ERROR_OBJECTS, status);
}
