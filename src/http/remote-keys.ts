/** The token issuer's public keys: fetched, refreshed, and kept in use while the issuer is down (ADR 19). */
import {
  type FetchImplementation,
  type JWTVerifyGetKey,
  createRemoteJWKSet,
  customFetch,
  errors,
} from 'jose';

/** Longest fetch. A request waits for one fetch at most. */
const FETCH_TIMEOUT_MS = 3_000;

/** Largest answer that is read. A key set has some kilobytes. */
const MAX_KEY_SET_BYTES = 256 * 1024;

/** Age at which keys are fetched again. From then on a key that the issuer has withdrawn is refused. */
const REFRESH_AFTER_MS = 600_000;

/** Shortest time between two fetches while keys of that age cannot be fetched. */
const REFRESH_AGAIN_MS = 60_000;

/** Shortest time between two fetches for tokens with an unknown key, also after a successful fetch. */
const LOOK_AGAIN_MS = 5_000;

/** Shortest time between two fetches without any keys. It is low, because every token is refused then. */
const START_AGAIN_MS = 1_000;

export interface RemoteKeysOptions {
  /** Called after each fetch that failed. */
  readonly onFailure: (cause: unknown) => void;
}

/**
 * Makes the function by which `jwtVerify` finds the keys at the issuer's address.
 *
 * Known keys stay in use until the issuer answers with a key set that lacks them. So an issuer that is down,
 * or that answers something else, locks nobody out. The returned function throws a JOSEError for an unknown
 * key.
 */
export function makeRemoteKeys(jwksUrl: string, { onFailure }: RemoteKeysOptions): JWTVerifyGetKey {
  // `refresh` decides when to fetch. By itself, jose would refuse known keys as soon as they are too old.
  const remote = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    [customFetch]: fetchBounded,
  });
  let askedAt = -Infinity;
  let answeredAt = -Infinity;

  /** Fetches the keys, unless that was tried less than `pauseMs` ago. Joins a fetch in progress. */
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
  const hasKeys = () => answeredAt > -Infinity;

  return async (header, token) => {
    if (Date.now() - answeredAt >= REFRESH_AFTER_MS)
      await refresh(hasKeys() ? REFRESH_AGAIN_MS : START_AGAIN_MS);
    if (!hasKeys()) throw new errors.JWKSNoMatchingKey('the keys of the issuer could not be fetched yet');
    try {
      return await remote(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh(LOOK_AGAIN_MS);
      return remote(header, token);
    }
  };
}

/** Fetches an answer, but reads no more of it than the largest key set. jose's options forbid redirects. */
const fetchBounded: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  if (response.status === 200 && response.body !== null) {
    return new Response(response.body.pipeThrough(limitBytes(MAX_KEY_SET_BYTES)));
  }
  await response.body?.cancel();
  return response;
};

function limitBytes(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = bytes;
  return new TransformStream({
    transform(chunk, controller) {
      left -= chunk.byteLength;
      if (left < 0) controller.error(new Error(`The key set is larger than ${bytes} bytes.`));
      else controller.enqueue(chunk);
    },
  });
}
