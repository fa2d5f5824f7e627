/** Verifies bearer tokens, and checks what a caller may do (ADR 9). */
import { type JWTPayload, type JWTVerifyGetKey, errors } from 'jose';
import { MAX_TOKEN_LENGTH } from '../../api/limits.ts';
import type { Operation } from '../../api/routes.ts';
import { SCOPE_OF } from '../../api/scopes.ts';
import { ForbiddenError, ServiceUnavailableError, UnauthenticatedError } from '../domain/errors.ts';
import { type Caller, readCaller, requireAudience, type TokenRules } from './read-caller.ts';
import { verifyToken } from './verify-token.ts';

/** Signature algorithms with a key pair only. Tokens with a shared secret or with `none` are refused. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
  // One algorithm of two names: RFC 9864 has replaced the first by the second.
  ...['EdDSA', 'Ed25519'],
];

/** Longest reason in the log, in characters. It is limited because a reason may quote the token. */
const MAX_REASON_LENGTH = 200;

/**
 * Makes the function that turns an `authorization` header into its caller.
 *
 * That function throws UnauthenticatedError for everything that does not verify, and ServiceUnavailableError
 * when that cannot be known now. The reason is for the log, never for the client.
 */
export function makeAuthenticator(rules: TokenRules, keys: JWTVerifyGetKey) {
  return async (authorization: string | undefined): Promise<Caller> => {
    const token = readBearerToken(authorization);
    if (token === undefined) {
      const reason = authorization === undefined ? 'no authorization header' : 'not one bearer token';
      throw new UnauthenticatedError('The request has no bearer token.', { reason });
    }
    let payload: JWTPayload;
    try {
      const options = {
        issuer: rules.issuer,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp'],
        clockTolerance: rules.clockToleranceSeconds,
      };
      payload = await verifyToken(token, keys, options, (claims) => {
        requireAudience(claims, rules);
      });
    } catch (cause) {
      if (cause instanceof ServiceUnavailableError || cause instanceof UnauthenticatedError) throw cause;
      const reason = cause instanceof errors.JOSEError ? `${cause.code}: ${cause.message}` : String(cause);
      throw new UnauthenticatedError(
        'The token does not verify.',
        { reason: reason.slice(0, MAX_REASON_LENGTH) },
        { cause },
      );
    }
    return readCaller(payload, rules);
  };
}

/** @throws ForbiddenError when the token lacks the account, or the scope that the operation needs */
export function authorize(caller: Caller, accountId: number, operation: Operation): void {
  const scope = SCOPE_OF[operation];
  const { userId, found } = caller;
  if (!caller.accounts.has(accountId)) {
    throw new ForbiddenError('The token does not cover the account.', { accountId, userId, found });
  }
  if (!caller.scopes.has(scope))
    throw new ForbiddenError('The token lacks a scope.', { scope, userId, found });
}

/**
 * Reads the token of an `authorization` header. Returns undefined unless there is exactly one bearer token in
 * its canonical spelling.
 *
 * The scheme has any case and is followed by spaces: https://datatracker.ietf.org/doc/html/rfc9110.html
 * A token has three parts in base64url without padding: https://datatracker.ietf.org/doc/html/rfc7515
 */
function readBearerToken(authorization = ''): string | undefined {
  const [, token, signature] = /^bearer +([\w-]+\.[\w-]+\.([\w-]+))$/i.exec(authorization.trim()) ?? [];
  if (token === undefined || signature === undefined || token.length > MAX_TOKEN_LENGTH) return undefined;
  // Unused bits of the last character must be zero. Otherwise one signature could be spelled several ways.
  return Buffer.from(signature, 'base64url').toString('base64url') === signature ? token : undefined;
}
