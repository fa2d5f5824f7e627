/**
 * The headers of the contract, in lower case because HTTP ignores the case. The trace headers are those of
 * W3C Trace Context: https://www.w3.org/TR/trace-context/
 */

export const IDEMPOTENCY_KEY = 'idempotency-key';

export const VERSION_HEADER = 'cint-api-version';

/** The version of the contract. A request may omit `cint-api-version`, but must not send another version. */
export const API_VERSION = '2025-12-18';

/** `true` in a replay, the answer to a repeated create call whose job already exists. */
export const IDEMPOTENT_REPLAYED = 'idempotent-replayed';

/** Numbers of settled and of all target groups of a job: `50/450`. */
export const JOB_PROGRESS = 'x-job-progress';

/** The headers of a request that a web page of another origin may set (CORS). */
export const ALLOWED_HEADERS = [
  'authorization',
  'content-type',
  IDEMPOTENCY_KEY,
  VERSION_HEADER,
  'traceparent',
  'tracestate',
] as const;

/** The headers of an answer that a web page of another origin may read, besides those that every page may. */
export const EXPOSED_HEADERS = [
  'location',
  IDEMPOTENT_REPLAYED,
  JOB_PROGRESS,
  'traceparent',
  'retry-after',
] as const;
