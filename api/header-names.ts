/** The headers of the contract, in lower case: HTTP ignores the case. Those of traces are the W3C's. */

export const IDEMPOTENCY_KEY = 'idempotency-key';

export const VERSION_HEADER = 'cint-api-version';

/** The version of the contract: what `cint-api-version` must name, if it is sent. */
export const API_VERSION = '2025-12-18';

/** `true` when the job was there before. */
export const IDEMPOTENT_REPLAYED = 'idempotent-replayed';

/** Settled and all target groups of a job: `50/450`. */
export const JOB_PROGRESS = 'x-job-progress';
