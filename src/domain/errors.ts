/** The errors of this system. Each is a class, carries its cause and its evidence, and is mapped to the outside in one place (`runtime/http/error-response.ts`). */

/** One fault of a request: which field, and what was found against what was expected. */
export interface Fault {
  readonly name: string;
  readonly reason: string;
}

export abstract class FieldingJobsError extends Error {
  abstract readonly kind: string;
  /** Facts for the log. Never shown to a client. */
  readonly evidence: Readonly<Record<string, unknown>>;

  constructor(message: string, evidence: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.evidence = evidence;
  }
}

/** The request is malformed; all its faults are listed. */
export class InvalidRequestError extends FieldingJobsError {
  readonly kind = 'invalid-request';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    // The names alone: what was found is the client's, and no log is the place for it.
    super('The request is not valid.', { fields: faults.slice(0, 10).map(({ name }) => name) });
    this.faults = faults;
  }
}

/** The idempotency key was used before, with another request body. */
export class IdempotencyKeyReusedError extends FieldingJobsError {
  readonly kind = 'idempotency-key-reused';
}

/** No token, or one that does not verify. `evidence.reason` says why, to the operator only. */
export class UnauthenticatedError extends FieldingJobsError {
  readonly kind = 'unauthenticated';
}

/** A good token that does not cover what is asked. */
export class ForbiddenError extends FieldingJobsError {
  readonly kind = 'forbidden';
}

export class ProjectNotFoundError extends FieldingJobsError {
  readonly kind = 'project-not-found';
}

export class JobNotFoundError extends FieldingJobsError {
  readonly kind = 'job-not-found';
}

export class TargetGroupNotFoundError extends FieldingJobsError {
  readonly kind = 'target-group-not-found';
}

export class RouteNotFoundError extends FieldingJobsError {
  readonly kind = 'route-not-found';
}

/** What the store holds contradicts itself: a bug, or a hand that edited items. */
export class InconsistentStoreError extends FieldingJobsError {
  readonly kind = 'inconsistent-store';
}

/** Some messages of a fan-out could not be sent after all tries. */
export class EnqueueFailedError extends FieldingJobsError {
  readonly kind = 'enqueue-failed';
}

/** A message on the queue that is none of ours. */
export class UnparsableMessageError extends FieldingJobsError {
  readonly kind = 'unparsable-message';
}

/** A chunk could not be finished now; it goes back to the queue. */
export class ChunkUnfinishedError extends FieldingJobsError {
  readonly kind = 'chunk-unfinished';
}

export type KnownError =
  | InvalidRequestError
  | IdempotencyKeyReusedError
  | UnauthenticatedError
  | ForbiddenError
  | ProjectNotFoundError
  | JobNotFoundError
  | TargetGroupNotFoundError
  | RouteNotFoundError
  | InconsistentStoreError
  | EnqueueFailedError
  | UnparsableMessageError
  | ChunkUnfinishedError;
