/** The errors of the client, one class for each thing that the caller can do about an error. */

/**
 * An argument cannot be used, and nothing was sent. The message names the field, the value that was found and
 * what was expected.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/**
 * One fault of a request, as the API lists it: the name of a field, header or path parameter, and the reason.
 */
export interface InvalidParam {
  readonly name: string;
  readonly reason: string;
}

/** What the answer to a refused request says. */
export interface Refusal {
  /** Who has refused: the API, or the issuer of tokens. Default: the API. */
  readonly by?: 'api' | 'issuer' | undefined;
  /** HTTP status from 400 to 499, but not 429. */
  readonly status: number;
  /** The reason, for people to read. */
  readonly detail: string;
  /** The id of this error in the API's logs; undefined when API Gateway or a token endpoint refused. */
  readonly errorId?: string | undefined;
  readonly invalidParams?: readonly InvalidParam[] | undefined;
}

/**
 * The API or the token endpoint refused the request with a 4xx other than 429. The same request will be
 * refused again. `invalidParams` lists the faults of a 400, else it is empty.
 */
export class RefusedError extends Error implements Refusal {
  override readonly name = 'RefusedError';
  readonly by: 'api' | 'issuer';
  readonly status: number;
  readonly detail: string;
  readonly errorId: string | undefined;
  readonly invalidParams: readonly InvalidParam[];

  /** @param what the call in words, such as `job 2 of 3` */
  constructor(what: string, { by = 'api', status, detail, errorId, invalidParams = [] }: Refusal) {
    const faults = invalidParams.map(({ name, reason }) => `; ${name}: ${reason}`).join('');
    const id = errorId === undefined ? '' : ` (error ${errorId})`;
    super(`${what}: refused with ${status}: ${detail}${faults}${id}`);
    this.by = by;
    this.status = status;
    this.detail = detail;
    this.errorId = errorId;
    this.invalidParams = invalidParams;
  }
}

/**
 * All attempts failed: no connection, no answer in time, 429 or 5xx. The last attempt may still have taken
 * effect, so repeat the request with the same key. There is one attempt only when another cannot help: a
 * certificate that is not accepted, a host that is unknown, or an address that refuses the first connection.
 */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  /** Number of attempts, from 1. */
  readonly attempts: number;

  /**
   * @param what the call in words, such as `job 2 of 3`
   * @param cause the failure of the last attempt
   */
  constructor(what: string, attempts: number, cause: Error) {
    super(
      `${what}: given up after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}: ${cause.message}`,
      {
        cause,
      },
    );
    this.attempts = attempts;
  }
}

/**
 * The answer does not follow the API's contract: a redirect, a page of HTML, a `Location` of another origin,
 * or a token endpoint's answer without a bearer token.
 */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
}
