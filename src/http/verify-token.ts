/** Verifies a token with a key set in which several keys may match, and keys may lack an id. */
import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose';

/**
 * Verifies signature and registered claims, and returns all claims. Where several keys match the token's
 * header, each is tried: an issuer may give one id to two keys, and a token need not name a key.
 * @throws JOSEError, or what `keys` throws
 */
export async function verifyToken(
  token: string,
  keys: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
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
