/**
 * The errors of this system. Each is a class that carries its cause and its evidence.
 * `src/http/error-response.ts` is the one place that turns them into answers for clients.
 */

/** One fault of a request: the field, what was expected and what was found. */
export interface Fault {
  readonly name: string;
  readonly reason: string;
}

export abstract class FieldingJobsError extends Error {
  /** Written out in each class, because minifying a bundle changes the names of classes. */
  abstract override readonly name: string;
  /** Facts for the log. They are never sent to a client. */
  readonly evidence: Readonly<Record<string, unknown>>;

  constructor(message: string, evidence: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.evidence = evidence;
  }
}

/** The request is malformed. All its faults are listed. */
export class InvalidRequestError extends FieldingJobsError {
  override readonly name = 'InvalidRequestError';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    // The log gets only names that look like fields of the contract; any other text is the client's own.
    const fields = faults.map(({ name }) => name).filter((name) => /^[a-z_-]{1,30}(\[\d+\])?$/.test(name));
    super('The request is not valid.', { faults: faults.length, fields: fields.slice(0, 10) });
    this.faults = faults;
  }
}

/** The body of the request is compressed, or encoded in another way. */
export class UnsupportedEncodingError extends FieldingJobsError {
  override readonly name = 'UnsupportedEncodingError';
}

/** The idempotency key was used before with other target groups. */
export class IdempotencyKeyReusedError extends FieldingJobsError {
  override readonly name = 'IdempotencyKeyReusedError';
}

/** The request has no token, or one that does not verify. `evidence.reason` says why, for operators only. */
export class UnauthenticatedError extends FieldingJobsError {
  override readonly name = 'UnauthenticatedError';
}

/** The token is valid but does not cover the account or the operation. */
export class ForbiddenError extends FieldingJobsError {
  override readonly name = 'ForbiddenError';
}

/** Whole seconds between which a client is told to wait. Each gets its own, so that not all come at once. */
export interface RetryAfter {
  readonly shortest: number;
  readonly longest: number;
}

/** The account has too many open jobs, or too many target groups in them. Another try may succeed later. */
export class TooManyRequestsError extends FieldingJobsError {
  override readonly name = 'TooManyRequestsError';
  readonly retryAfter: RetryAfter;

  constructor(retryAfter: RetryAfter, evidence: Record<string, unknown> = {}) {
    super('The account has too much open work.', { retryAfter, ...evidence });
    this.retryAfter = retryAfter;
  }
}

/**
 * Why the stack is short: `open-work` is more than the workers carry out in time. Without `issuer-keys` no
 * token can be verified, or none with a key that may be new.
 */
export type Shortage = 'open-work' | 'issuer-keys';

/** The stack cannot carry out a request for now. Another try may succeed later. */
export class ServiceUnavailableError extends FieldingJobsError {
  override readonly name = 'ServiceUnavailableError';
  readonly shortage: Shortage;
  readonly retryAfter: RetryAfter;

  constructor(
    shortage: Shortage,
    retryAfter: RetryAfter,
    evidence: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super('The stack cannot carry out the request for now.', { shortage, retryAfter, ...evidence }, options);
    this.shortage = shortage;
    this.retryAfter = retryAfter;
  }
}

/** The issuer did not answer with a key set. The message says what was wrong at `evidence.url`. */
export class IssuerUnreachableError extends FieldingJobsError {
  override readonly name = 'IssuerUnreachableError';
}

export class ProjectNotFoundError extends FieldingJobsError {
  override readonly name = 'ProjectNotFoundError';
}

export class JobNotFoundError extends FieldingJobsError {
  override readonly name = 'JobNotFoundError';
}

export class TargetGroupNotFoundError extends FieldingJobsError {
  override readonly name = 'TargetGroupNotFoundError';
}

export class RouteNotFoundError extends FieldingJobsError {
  override readonly name = 'RouteNotFoundError';
}

/** An item of the store is missing or malformed: because of a bug, or because somebody edited it. */
export class InconsistentStoreError extends FieldingJobsError {
  override readonly name = 'InconsistentStoreError';
}

/**
 * An item or message was written by a later release, in a format that this release does not know (ADR 37). It
 * is left as it is.
 */
export class UnknownFormatError extends FieldingJobsError {
  override readonly name = 'UnknownFormatError';
}

/** Some messages could not be sent to the queue in time, or after all tries. */
export class EnqueueFailedError extends FieldingJobsError {
  override readonly name = 'EnqueueFailedError';
  /** Number of messages that the queue has taken. */
  readonly sent: number;

  constructor(refused: number, of: number, cause?: unknown) {
    super(`${refused} of ${of} messages could not be sent.`, { refused, of }, { cause });
    this.sent = of - refused;
  }
}

/** A message on the queue is not the work on a chunk. */
export class UnparsableMessageError extends FieldingJobsError {
  override readonly name = 'UnparsableMessageError';
}

/** The store throttled a call. The call was not carried out and never will be. */
export class ThrottledError extends FieldingJobsError {
  override readonly name = 'ThrottledError';
}

/** A write got no answer and may still be carried out later, so what is read until then may still change. */
export class UncertainWriteError extends FieldingJobsError {
  override readonly name = 'UncertainWriteError';
}

/** Somebody else changed a target group between our write and our read. A retry can succeed. */
export class TargetGroupChangedError extends FieldingJobsError {
  override readonly name = 'TargetGroupChangedError';
}

/** Another owner holds the claim on a chunk. */
export class ChunkTakenError extends FieldingJobsError {
  override readonly name = 'ChunkTakenError';
  /** The end of that claim, epoch ms. */
  readonly until: number;

  constructor(message: string, until: number, evidence: Record<string, unknown>) {
    super(message, evidence);
    this.until = until;
  }
}

/** A chunk could not be finished now. It is handed back to the queue. */
export class ChunkUnfinishedError extends FieldingJobsError {
  override readonly name = 'ChunkUnfinishedError';
}
