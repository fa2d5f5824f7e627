/** Verifies a token: what can be refused without the issuer's keys is refused first (ADR 19). */
import {
  errors,
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
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}
