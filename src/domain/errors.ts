/**
 * The errors of this system. Each is a class, carries its cause and its evidence, and is mapped to the
 * outside in one place (`src/http/error-response.ts`).
 */

/** One fault of a request: which field, and what was found against what was expected. */
export interface Fault {
  readonly name: string;
  readonly reason: string;
}

export abstract class FieldingJobsError extends Error {
  /** Written out in each class: a bundle that is minified changes the names of classes. */
  abstract override readonly name: string;
  /** Facts for the log. Never shown to a client. */
  readonly evidence: Readonly<Record<string, unknown>>;

  constructor(message: string, evidence: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.evidence = evidence;
  }
}

/** The request is malformed; all its faults are listed. */
export class InvalidRequestError extends FieldingJobsError {
  override readonly name = 'InvalidRequestError';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    // For the log the names of the contract's fields alone: all else is the client's own text.
    const fields = faults.map(({ name }) => name).filter((name) => /^[a-z_-]{1,30}(\[\d+\])?$/.test(name));
    super('The request is not valid.', { faults: faults.length, fields: fields.slice(0, 10) });
    this.faults = faults;
  }
}

/** The idempotency key was used before, with another request body. */
export class IdempotencyKeyReusedError extends FieldingJobsError {
  override readonly name = 'IdempotencyKeyReusedError';
}

/** No token, or one that does not verify. `evidence.reason` says why, to the operator only. */
export class UnauthenticatedError extends FieldingJobsError {
  override readonly name = 'UnauthenticatedError';
}

/** A good token that does not cover what is asked. */
export class ForbiddenError extends FieldingJobsError {
  override readonly name = 'ForbiddenError';
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

/** What the store holds contradicts itself: a bug, or a hand that edited items. */
export class InconsistentStoreError extends FieldingJobsError {
  override readonly name = 'InconsistentStoreError';
}

/** Some messages of a fan-out could not be sent after all tries. */
export class EnqueueFailedError extends FieldingJobsError {
  override readonly name = 'EnqueueFailedError';
}

/** A message on the queue that is none of ours. */
export class UnparsableMessageError extends FieldingJobsError {
  override readonly name = 'UnparsableMessageError';
}

/** The store refused a call for want of capacity. It was not carried out, and never will be. */
export class ThrottledError extends FieldingJobsError {
  override readonly name = 'ThrottledError';
}

/** A write that was given up without an answer may still arrive; what is read until then proves nothing. */
export class UncertainWriteError extends FieldingJobsError {
  override readonly name = 'UncertainWriteError';
}

/** A target group was changed by somebody else while we looked at it; trying again helps. */
export class TargetGroupChangedError extends FieldingJobsError {
  override readonly name = 'TargetGroupChangedError';
}

/** Somebody else holds the claim of a chunk. */
export class ChunkTakenError extends FieldingJobsError {
  override readonly name = 'ChunkTakenError';
}

/** A chunk could not be finished now; it goes back to the queue. */
export class ChunkUnfinishedError extends FieldingJobsError {
  override readonly name = 'ChunkUnfinishedError';
}
