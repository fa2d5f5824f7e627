/** What can go wrong between a caller and the API, told apart by what the caller can do about it. */

/** What was given cannot be used: nothing was sent. The message names the field, what was found and what was expected. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** One fault of a request, as the API lists it. */
export interface InvalidParam {
  readonly name: string;
  readonly reason: string;
}

export interface Refusal {
  /** 4xx */
  readonly status: number;
  readonly detail: string;
  /** Names this very error in the logs of the API; undefined when the API's gateway or a token endpoint refused. */
  readonly errorId?: string | undefined;
  readonly invalidParams?: readonly InvalidParam[] | undefined;
}

/** The API understood the request and will not do it. The same request will be refused again. */
export class RefusedError extends Error implements Refusal {
  override readonly name = 'RefusedError';
  readonly status: number;
  readonly detail: string;
  readonly errorId: string | undefined;
  readonly invalidParams: readonly InvalidParam[];

  /** @param what was asked for, as in `job 2 of 3` */
  constructor(what: string, { status, detail, errorId, invalidParams = [] }: Refusal) {
    const faults = invalidParams.map(({ name, reason }) => `; ${name}: ${reason}`).join('');
    const id = errorId === undefined ? '' : ` (error ${errorId})`;
    super(`${what}: refused with ${status}: ${detail}${faults}${id}`);
    this.status = status;
    this.detail = detail;
    this.errorId = errorId;
    this.invalidParams = invalidParams;
  }
}

/** No answer that counts, after all tries. Whether the last one was carried out is unknown: repeat it with the same key. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly attempts: number;

  /** @param cause of the last attempt */
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

/** An answer that the contract does not have: a redirect, a page of HTML, a job's address elsewhere. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
}
