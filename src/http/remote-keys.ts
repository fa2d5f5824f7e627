/** The public keys of the token issuer: fetched, kept, fetched again when they may have changed, and kept on while it is down. */
import {
  type FetchImplementation,
  type JWTVerifyGetKey,
  createRemoteJWKSet,
  customFetch,
  errors,
} from 'jose';

/** A request waits at most once for the issuer, and no longer than this. */
const FETCH_TIMEOUT_MS = 3_000;

/** Key sets have some kilobytes. What is larger is none, and is not read to its end. */
const MAX_KEY_SET_BYTES = 256 * 1024;

/** Keys of this age are fetched again: a key that the issuer has withdrawn is refused from then on. */
const REFRESH_AFTER_MS = 600_000;

/** While keys of that age cannot be fetched, they are tried again at most so often. */
const REFRESH_AGAIN_MS = 60_000;

/** A token with an unknown key makes us look at most so often, whatever became of the look before. */
const LOOK_AGAIN_MS = 5_000;

/** A function that has no keys at all can let nobody in, so it looks again soon. */
const START_AGAIN_MS = 1_000;

export interface RemoteKeysOptions {
  /** Hears of each fetch that brought no keys. */
  readonly onFailure: (cause: unknown) => void;
}

/**
 * The keys at the issuer's address, for `jwtVerify`.
 *
 * Keys that are known stay in use until the issuer answers with a key set that lacks them: neither an issuer
 * that is down nor one that answers nonsense locks anybody out. The function that is returned throws a
 * JOSEError for a key that is not known.
 */
export function remoteKeys(jwksUrl: string, { onFailure }: RemoteKeysOptions): JWTVerifyGetKey {
  // When to fetch is decided here: by itself, it would refuse known keys as soon as they are too old.
  const remote = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    [customFetch]: fetchBounded,
  });
  let askedAt = -Infinity;
  let answeredAt = -Infinity;

  /** Fetches, unless that was tried less than `pauseMs` ago. Joins a fetch under way. */
  const refresh = async (pauseMs: number): Promise<void> => {
    if (!remote.reloading) {
      if (Date.now() - askedAt < pauseMs) return;
      askedAt = Date.now();
    }
    try {
      await remote.reload();
      answeredAt = askedAt;
    } catch (cause) {
      onFailure(cause);
    }
  };
  const known = () => answeredAt > -Infinity;

  return async (header, token) => {
    if (Date.now() - answeredAt >= REFRESH_AFTER_MS)
      await refresh(known() ? REFRESH_AGAIN_MS : START_AGAIN_MS);
    if (!known()) throw new errors.JWKSNoMatchingKey('the keys of the issuer could not be fetched yet');
    try {
      return await remote(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh(LOOK_AGAIN_MS);
      return remote(header, token);
    }
  };
}

/** Reads no more of an answer than a key set may have. Redirects are not followed: jose asks for that. */
const fetchBounded: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  if (response.status === 200 && response.body !== null) {
    return new Response(response.body.pipeThrough(atMost(MAX_KEY_SET_BYTES)));
  }
  await response.body?.cancel();
  return response;
};

function atMost(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = bytes;
  return new TransformStream({
    transform(chunk, controller) {
      left -= chunk.byteLength;
      if (left < 0) controller.error(new Error(`The key set is larger than ${bytes} bytes.`));
      else controller.enqueue(chunk);
    },
  });
}
