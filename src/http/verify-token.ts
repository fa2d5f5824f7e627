/**
 * Verifies a token: what can be refused without the issuer's keys is refused first (ADR 19). Several keys of
 * a set may match, and keys may lack an id.
 */
import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  type JWTVerifyOptions,
  UnsecuredJWT,
} from 'jose';

/** The header of an unsecured token: `{"alg":"none"}`. */
const UNSECURED = Buffer.from('{"alg":"none"}').toString('base64url');

/**
 * Verifies the signature and the claims of a token, and returns its claims. A token whose claims cannot pass
 * is refused before `keys` is called, so that it makes nobody ask the issuer.
 *
 * @param options the algorithms, and what the claims must be
 * @param checkClaims throws when claims are refused for another reason; called before the signature is
 *   verified too, with claims that anybody may have written
 * @throws JOSEError, or what `keys` and `checkClaims` throw
 */
export async function verifyToken(
  token: string,
  keys: JWTVerifyGetKey,
  options: JWTVerifyOptions,
  checkClaims: (payload: JWTPayload) => void = () => undefined,
): Promise<JWTPayload> {
  checkClaims(readUnverifiedClaims(token, options));
  const { payload } = await verifyWithEach(token, keys, options);
  checkClaims(payload);
  return payload;
}

/**
 * Reads the claims without verifying the signature, and checks them as `jwtVerify` does: with the same
 * options, as if they were those of a token that has no signature.
 */
function readUnverifiedClaims(token: string, options: JWTVerifyOptions): JWTPayload {
  const [, claims = ''] = token.split('.');
  return UnsecuredJWT.decode(`${UNSECURED}.${claims}.`, options).payload;
}

/** Verifies the token with its key. Where several keys match, any of them may have signed it. */
async function verifyWithEach(token: string, keys: JWTVerifyGetKey, options: JWTVerifyOptions) {
  try {
    return await jwtVerify(token, keys, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, options);
      } catch (failure) {
        // Claims are checked after the signature, so no other key can help.
        if (isAboutClaims(failure)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/**
 * Makes the function that finds the keys of a set. A key without an id may be the one that a token names:
 * the id is optional in a set (RFC 7517, section 4.5). It is tried when no key has the token's id.
 */
export function makeKeyFinder(set: JSONWebKeySet): JWTVerifyGetKey {
  const findById = createLocalJWKSet(set);
  const findWithoutId = createLocalJWKSet({ keys: set.keys.filter(({ kid }) => kid === undefined) });
  return async (header, token) => {
    try {
      return await findById(header, token);
    } catch (error) {
      if (header.kid === undefined || !(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return findWithoutId({ alg: header.alg }, token);
    }
  };
}

function isAboutClaims(error: unknown): boolean {
  return [errors.JWTClaimValidationFailed, errors.JWTExpired, errors.JWTInvalid].some(
    (kind) => error instanceof kind,
  );
}
