/** The identifiers of the contract, and the tenant that a checked path names. */

/** Length of an id in characters. */
export const ID_LENGTH = 26;

/** Form of `project_id`, `target_group_id` and `job_id`. They are opaque: not every match is a valid ULID. */
export const ID_PATTERN = /^[0-9A-Z]{26}$/;

export const ID_FORMAT = '26 characters of 0-9 and A-Z';

/** The largest `account_id`: an int32. */
export const MAX_ACCOUNT_ID = 2_147_483_647;

/** The owner of target groups and jobs. It is built from a checked path, never from ids in a body. */
export interface Tenant {
  readonly accountId: number;
  readonly projectId: string;
}

export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID_PATTERN.test(value);
}

/** Parses the `account_id` of a path: decimal, without sign or leading zeros, 1 to 2^31 - 1. */
export function parseAccountId(text: string): number | undefined {
  if (!/^[1-9][0-9]{0,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= MAX_ACCOUNT_ID ? value : undefined;
}
