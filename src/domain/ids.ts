/** The identifiers of the contract: what each looks like, and the tenant that a checked path names. */

/** Characters of an id. */
export const ID_LENGTH = 26;

/** `project_id`, `target_group_id` and `job_id`: opaque, not every match is a valid ULID. */
export const ID_PATTERN = /^[0-9A-Z]{26}$/;

export const ID_FORMAT = '26 characters of 0-9 and A-Z';

/** The largest `account_id`: an int32. */
export const MAX_ACCOUNT_ID = 2_147_483_647;

/** Whose target groups a request may touch. Built from a checked path, never from ids in a body. */
export interface Tenant {
  readonly accountId: number;
  readonly projectId: string;
}

export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID_PATTERN.test(value);
}

/** Reads an `account_id` as it stands in a path: decimal, no sign, no leading zero, 1 to 2^31 - 1. */
export function parseAccountId(text: string): number | undefined {
  if (!/^[1-9][0-9]{0,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= MAX_ACCOUNT_ID ? value : undefined;
}
