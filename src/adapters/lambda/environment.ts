/** A function's environment, typed, and checked when the function starts: all faults at once, each by name. */
// The small form of zod: the whole of it would be half of a function's bundle.
import * as z from 'zod/mini';

/** The environment is not what the function needs. It fails at start, before it takes any work. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

const text = z.string().check(z.minLength(1));
const count = z.coerce.number().check(z.int(), z.positive());

/** What the HTTP functions verify tokens by. */
const TOKENS = {
  TOKEN_ISSUER: text,
  TOKEN_AUDIENCE: text,
  TOKEN_JWKS_URL: z.url(),
  TOKEN_ACCOUNTS_CLAIM: text,
  TOKEN_SCOPES_CLAIM: text,
} as const;

export type TokenVariable = keyof typeof TOKENS;

export const TOKEN_VARIABLES = Object.keys(TOKENS) as TokenVariable[];

/** Every variable that some function reads. Each function picks its own. */
const VARIABLES = {
  JOBS_TABLE: text,
  TARGET_GROUPS_TABLE: text,
  IDEMPOTENCY_TABLE: text,
  IDEMPOTENCY_TTL_SECONDS: count,
  CHUNKS_QUEUE_URL: z.url(),
  /** Target groups per request. */
  MAX_TARGET_GROUPS: count,
  /** Target groups per chunk. */
  CHUNK_SIZE: count,
  JOB_RETENTION_DAYS: count,
  STALLED_SECONDS: count,
  DEADLINE_SECONDS: count,
  /** Target groups worked on at once. */
  PARALLELISM: count,
  CLAIM_SECONDS: count,
  ...TOKENS,
} as const;

type Variables = typeof VARIABLES;

/**
 * Reads the named variables.
 *
 * @throws EnvironmentError that names every variable that is missing or wrong
 */
export function readEnv<K extends keyof Variables>(
  names: readonly K[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): { readonly [name in K]: z.output<Variables[name]> } {
  const values: Partial<Record<K, unknown>> = {};
  const faults: string[] = [];
  for (const name of names) {
    const parsed = VARIABLES[name].safeParse(env[name]);
    if (parsed.success) values[name] = parsed.data;
    else
      faults.push(`${name} is ${JSON.stringify(env[name])}: ${parsed.error.issues[0]?.message ?? 'invalid'}`);
  }
  if (faults.length > 0) throw new EnvironmentError(`The environment is not valid. ${faults.join('. ')}`);
  return values as { readonly [name in K]: z.output<Variables[name]> };
}
