/** The limits of the contract. */

/** Most distinct target groups of one job. A deployment may set a lower limit. */
export const MAX_TARGET_GROUPS = 10_000;

/** Characters of an idempotency key. */
export const MAX_KEY_LENGTH = 255;

/** Characters of a token: the gateway takes no more than this for all headers of a request together. */
export const MAX_TOKEN_LENGTH = 10_240;

/** Bytes of a body: the gateway takes no more. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Most faults that one answer lists. */
export const MAX_FAULTS = 100;
