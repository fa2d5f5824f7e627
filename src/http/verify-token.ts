/**
 * Verifies a token: what can be refused without the issuer's keys is refused first (ADR 19). Several keys of
 * a set may match, and keys may lack an id.
 */
import {
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  flattenedVerify,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  type JWTVerifyOptions,
  UnsecuredJWT,
} from 'jose';

type Key = Awaited<ReturnType<JWTVerifyGetKey>>;

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
  const { payload } = await jwtVerify(token, keys, options);
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

/**
 * Makes the function that finds the key of a token in a set. Where the id does not say which key it is, it is
 * the one that has signed the token, and there is none if none has: an issuer may have a newer one then.
 */
export function makeKeyFinder(set: JSONWebKeySet): JWTVerifyGetKey {
  const findById = createLocalJWKSet(set);
  const findWithoutId = createLocalJWKSet({ keys: set.keys.filter(({ kid }) => kid === undefined) });
  return async ({ kid, alg }, token) => {
    if (kid !== undefined) {
      try {
        return await findById({ kid, alg }, token);
      } catch (error) {
        if (error instanceof errors.JWKSMultipleMatchingKeys) {
          const signer = await findSigner(error, token);
          if (signer === undefined) throw new errors.JWSSignatureVerificationFailed();
          return signer;
        }
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      }
    }
    // The id is optional in a set: https://www.rfc-editor.org/info/rfc7517 (section 4.5). So a key without an
    // id may be the one that a token names, and a token without an id may be signed by any key.
    const find = kid === undefined ? findById : findWithoutId;
    const signer = await findSigner(listMatching(find, alg, token), token);
    if (signer === undefined) throw new errors.JWKSNoMatchingKey();
    return signer;
  };
}

/** Lists the keys of an algorithm. One that cannot be used is left out. */
async function* listMatching(
  find: JWTVerifyGetKey,
  alg: string,
  token: FlattenedJWSInput,
): AsyncGenerator<Key> {
  try {
    yield await find({ alg }, token);
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) yield* error;
  }
}

/** Finds the key that has signed the token. */
async function findSigner(keys: AsyncIterable<Key>, token: FlattenedJWSInput): Promise<Key | undefined> {
  for await (const key of keys) {
    try {
      await flattenedVerify(token, key);
      return key;
    } catch {
      // Another one may have.
    }
  }
  return undefined;
}
