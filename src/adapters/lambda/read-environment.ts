/** A function's environment variables: typed, and all checked when the function starts. */
// The small form of zod: all of zod would be half of a function's bundle (ADR 16).
import * as z from 'zod/mini';

/** A variable is missing or invalid. The function fails at its start, before it takes any work. */
class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

const text = z.string().check(z.minLength(1));
const count = z.coerce.number().check(z.int(), z.positive());
const texts = z.readonly(z.array(text));

/** How tokens are read: `TokenRules` in src/http/read-caller.ts, without the issuer. */
const tokenRules = z.object({
  audiences: texts,
  clientIds: texts,
  scopesClaims: texts,
  writeScope: text,
  readScope: text,
  accountsClaim: text,
  accountsByClient: z.readonly(z.record(text, z.readonly(z.array(z.number())))),
  clientClaims: texts,
  callerClaims: texts,
  clockToleranceSeconds: z.number(),
});

/** The variables by which functions find the keys of the token issuer. */
const KEYS = {
  TOKEN_ISSUER: text,
  /** Without it, the issuer's discovery document names the address. */
  TOKEN_JWKS_URL: z.optional(z.url()),
  KEY_SET_MAX_AGE_HOURS: count,
} as const;

export type KeyVariable = keyof typeof KEYS;

export const KEY_VARIABLES = Object.keys(KEYS) as KeyVariable[];

/** The variables by which the HTTP functions verify tokens, besides those of the keys. */
const TOKENS = {
  /** JSON. */
  TOKEN_RULES: z.pipe(z.pipe(z.string(), z.transform(parseJson)), tokenRules),
} as const;

export type TokenVariable = keyof typeof TOKENS;

export type TokenVariables = { readonly [name in TokenVariable]: z.output<(typeof TOKENS)[name]> };

export const TOKEN_VARIABLES = Object.keys(TOKENS) as TokenVariable[];

/** All variables of all functions. Each function names the ones that it needs. */
const VARIABLES = {
  JOBS_TABLE: text,
  TARGET_GROUPS_TABLE: text,
  IDEMPOTENCY_TABLE: text,
  IDEMPOTENCY_TTL_SECONDS: count,
  CHUNKS_QUEUE_URL: z.url(),
  GIVE_UPS_QUEUE_URL: z.url(),
  /** Most target groups per request. */
  MAX_TARGET_GROUPS: count,
  /** Target groups per chunk. */
  CHUNK_SIZE: count,
  JOB_RETENTION_DAYS: count,
  STALLED_SECONDS: count,
  DEADLINE_SECONDS: count,
  WORKER_MAX_CONCURRENCY: count,
  MAX_OPEN_JOBS_PER_ACCOUNT: count,
  MAX_OPEN_TARGET_GROUPS_PER_ACCOUNT: count,
  /** Of the whole stack. */
  MAX_OPEN_TARGET_GROUPS: count,
  /** Target groups a second that all workers together are counted on to move. */
  WORK_RATE: count,
  /** Number of target groups that are worked on at once. */
  PARALLELISM: count,
  CLAIM_SECONDS: count,
  /** The base URL of the API, without a slash at its end, if it has a custom domain. */
  BASE_URL: z.optional(z.url()),
  KEY_SETS_TABLE: text,
  ...KEYS,
  ...TOKENS,
} as const;

type Variables = typeof VARIABLES;

/**
 * Reads the named variables.
 *
 * @throws EnvironmentError that lists every variable that is missing or invalid
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
