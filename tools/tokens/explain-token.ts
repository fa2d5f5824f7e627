/** Says what the API would answer to a token, and why, by the code that answers there. */
import { randomUUID } from 'node:crypto';
import { CompactSign, generateKeyPair, type JWTVerifyGetKey } from 'jose';
import type { Operation } from '../../api/routes.ts';
import { FieldingJobsError } from '../../src/domain/errors.ts';
import { authorize, makeAuthenticator } from '../../src/http/auth.ts';
import { makeErrorResponse } from '../../src/http/error-response.ts';
import type { Caller, TokenRules } from '../../src/http/read-caller.ts';
import { quoteExcerpt } from '../kit/printable.ts';

export interface Explanation {
  /** One for each line. */
  readonly lines: readonly string[];
  /** Whether any call would be accepted. */
  readonly accepted: boolean;
}

const CALLS: readonly (readonly [Operation, string])[] = [
  ['createJob', 'create a job'],
  ['getJob', 'read jobs and fielding runs'],
];

/**
 * @param keys undefined to leave the signature unchecked
 * @param account the account of the calls; without it, each that the token covers
 */
export async function explainToken(
  token: string,
  rules: TokenRules,
  keys: JWTVerifyGetKey | undefined,
  account?: number,
): Promise<Explanation> {
  let caller: Caller;
  try {
    const [judged, known] = keys === undefined ? await signAgain(token) : [token, keys];
    caller = await makeAuthenticator(rules, known)(`Bearer ${judged}`);
  } catch (error) {
    return { lines: [`every call: ${describeRefusal(error)}`], accepted: false };
  }
  const accounts = account === undefined ? [...caller.accounts] : [account];
  const calls = (accounts.length === 0 ? [undefined] : accounts).flatMap((each) =>
    CALLS.map(([operation, words]) => judgeCall(caller, each, operation, words)),
  );
  return {
    lines: [
      `signature: ${keys === undefined ? 'not checked' : 'good'}`,
      `caller: ${caller.userId}`,
      `accounts: ${[...caller.accounts].join(', ') || 'none'}`,
      `scopes: ${[...caller.scopes].join(', ') || 'none'}`,
      ...caller.found.split('; '),
      ...calls.map(({ line }) => line),
    ],
    accepted: calls.some(({ accepted }) => accepted),
  };
}

function judgeCall(caller: Caller, account: number | undefined, operation: Operation, words: string) {
  const where = account === undefined ? `${words} on any account` : `${words} on account ${account}`;
  try {
    // No account is 0, so that a token without accounts covers it no more than any other.
    authorize(caller, account ?? 0, operation);
    return { line: `${where}: ${operation === 'createJob' ? 201 : 200}`, accepted: true };
  } catch (error) {
    return { line: `${where}: ${describeRefusal(error)}`, accepted: false };
  }
}

/** Describes a refusal by its status and by what the log would say. */
function describeRefusal(error: unknown): string {
  const { statusCode = 500 } = makeErrorResponse(error, randomUUID());
  if (!(error instanceof FieldingJobsError)) return `${statusCode}, ${String(error)}`;
  const { reason, scope } = error.evidence;
  const detail = [reason, scope].find((each) => typeof each === 'string');
  return `${statusCode}, ${error.message}${detail === undefined ? '' : ` (${quoteUnprintable(detail)})`}`;
}

/** A reason may quote the token, which may hold anything. */
function quoteUnprintable(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : quoteExcerpt(text);
}

/**
 * Signs the claims of a token with a key of our own, so that all but the signature is checked. What does not
 * have the form of a token is left as it is, and is refused.
 */
async function signAgain(token: string): Promise<[string, JWTVerifyGetKey]> {
  const alg = 'ES256';
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const [, payload, ...others] = token.split('.');
  if (payload === undefined || others.length !== 1) return [token, () => publicKey];
  const signer = new CompactSign(Buffer.from(payload, 'base64url')).setProtectedHeader({ alg });
  return [await signer.sign(privateKey), () => publicKey];
}
