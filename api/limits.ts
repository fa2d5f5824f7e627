/** The limits of the contract. */

/** Maximum number of distinct target groups in one job (ADR 11). A deployment may set a lower limit. */
export const MAX_TARGET_GROUPS = 10_000;

/** Maximum length of an idempotency key, in characters. */
export const MAX_KEY_LENGTH = 255;

/**
 * An idempotency key: printable ASCII, as clients encode other characters differently, which would make
 * several keys of one. It has no comma, with which the gateway joins the values of repeated headers:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const KEY_PATTERN = new RegExp(`^[ -+\\--~]{1,${MAX_KEY_LENGTH}}$`);

/** The form of an idempotency key, in words. */
export const KEY_FORMAT = `1 to ${MAX_KEY_LENGTH} characters of printable ASCII without a comma`;

/**
 * Maximum length of a token, in characters. API Gateway takes at most as many bytes of request line and
 * headers together: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export const MAX_TOKEN_LENGTH = 10_240;

/** Maximum size of a request body, in bytes: the limit of API Gateway (same page). */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Maximum number of faults in one error body. */
export const MAX_FAULTS = 100;
