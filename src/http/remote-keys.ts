/** The token issuer's public keys: fetched, refreshed, and kept in use while the issuer is down (ADR 19). */
import { errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { ServiceUnavailableError } from '../domain/errors.ts';
import type { KeySet } from '../domain/key-set.ts';
import { makeKeyFinder } from './verify-token.ts';

/** Age at which keys are fetched again. From then on a key that the issuer has withdrawn is refused. */
const REFRESH_AFTER_MS = 600_000;

/** Shortest time between two fetches while keys of that age cannot be fetched. */
const REFRESH_AGAIN_MS = 60_000;

/**
 * Shortest time between two fetches for tokens with an unknown key, also after a successful one. Other
 * fetches do not count: an instance that has just started must find a key that is newer than its start.
 */
const LOOK_AGAIN_MS = 5_000;

/** Shortest time between two fetches without any keys. It is low, because every token is refused then. */
const START_AGAIN_MS = 1_000;

/** Bounds of the time after which a client is asked to try again, seconds. */
const RETRY_AFTER = { shortest: 5, longest: 15 };

export interface RemoteKeysDeps {
  /** Fetches the keys from the issuer. */
  readonly fetchKeySet: () => Promise<KeySet>;
  /** Reads the key set that is stored, if there is one. */
  readonly findStored: () => Promise<KeySet | undefined>;
  /** Time after its fetch for which a key set may be used. */
  readonly maxAgeMs: number;
  /** Called after each fetch that failed. */
  readonly onUnreachable: (cause: unknown) => void;
  /** Called when the stored keys take the place of older ones, or of none. */
  readonly onStoredUsed: (fetchedAt: number) => void;
  /** Called when the stored keys could not be read. */
  readonly onUnreadable: (cause: unknown) => void;
}

/** A key set that is in use. */
interface Keys {
  readonly fetchedAt: number;
  readonly find: JWTVerifyGetKey;
}

/**
 * The keys as one instance of a function knows them.
 *
 * Known keys stay in use until the issuer answers with a key set that lacks them, or until the set is too
 * old. So an issuer that is down, or that answers something else, locks nobody out for that time. An instance
 * that could not fetch the keys takes the stored ones.
 *
 * Nothing runs in the background, because Lambda stops an instance between two invocations: each fetch is
 * awaited by the start of the function, or by the request that needs it.
 */
export class RemoteKeys {
  readonly #deps: RemoteKeysDeps;
  #keys: Keys | undefined;
  #askedAt = -Infinity;
  #lookedAt = -Infinity;
  #lastFetchFailed = false;
  #fetching: Promise<void> | undefined;

  constructor(deps: RemoteKeysDeps) {
    this.#deps = deps;
  }

  /** Fetches the keys when the function starts. Never throws. */
  async start(): Promise<void> {
    await this.#refresh(START_AGAIN_MS);
  }

  /**
   * Finds the key of a token, for `jwtVerify`.
   *
   * @throws ServiceUnavailableError when there are no keys, or none of this id and the last fetch failed
   * @throws JOSEError for a key that the issuer does not have
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const age = Date.now() - (this.#keys?.fetchedAt ?? -Infinity);
    const pauseMs = this.#isUsable() ? REFRESH_AGAIN_MS : START_AGAIN_MS;
    const hasAsked = age >= REFRESH_AFTER_MS && (await this.#refresh(pauseMs));
    try {
      return await this.#getUsable().find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    // A request waits for one fetch at most.
    if (!hasAsked && Date.now() - this.#lookedAt >= LOOK_AGAIN_MS) await this.#refresh(0);
    this.#lookedAt = Math.max(this.#lookedAt, this.#askedAt);
    try {
      return await this.#getUsable().find(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey && this.#lastFetchFailed) {
        throw this.#makeUnavailable('the key is not known, and the issuer cannot be asked for it');
      }
      throw error;
    }
  };

  #isUsable(): boolean {
    return this.#keys !== undefined && Date.now() - this.#keys.fetchedAt < this.#deps.maxAgeMs;
  }

  #getUsable(): Keys {
    if (this.#keys === undefined) throw this.#makeUnavailable('no keys could be fetched yet');
    if (!this.#isUsable()) throw this.#makeUnavailable('the known keys are too old');
    return this.#keys;
  }

  #makeUnavailable(reason: string): ServiceUnavailableError {
    return new ServiceUnavailableError('issuer-keys', RETRY_AFTER, { reason });
  }

  /**
   * Fetches the keys, unless that was tried less than `pauseMs` ago. Joins a fetch in progress.
   *
   * @returns whether it waited for a fetch
   */
  async #refresh(pauseMs: number): Promise<boolean> {
    if (this.#fetching === undefined && Date.now() - this.#askedAt < pauseMs) return false;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    await this.#fetching;
    return true;
  }

  async #fetch(): Promise<void> {
    this.#askedAt = Date.now();
    try {
      this.#use(await this.#deps.fetchKeySet());
      this.#lastFetchFailed = false;
    } catch (cause) {
      this.#lastFetchFailed = true;
      this.#deps.onUnreachable(cause);
      await this.#takeStored();
    }
  }

  /** Takes the stored keys if they are newer and not too old: reconcile may have reached the issuer. */
  async #takeStored(): Promise<void> {
    try {
      const stored = await this.#deps.findStored();
      if (stored === undefined || stored.fetchedAt <= (this.#keys?.fetchedAt ?? -Infinity)) return;
      if (Date.now() - stored.fetchedAt >= this.#deps.maxAgeMs) return;
      this.#use(stored);
      this.#deps.onStoredUsed(stored.fetchedAt);
    } catch (cause) {
      this.#deps.onUnreadable(cause);
    }
  }

  #use({ json, fetchedAt }: KeySet): void {
    // jose checks its form, and uses the keys in it that it can.
    const find = makeKeyFinder(JSON.parse(json) as JSONWebKeySet);
    this.#keys = { fetchedAt, find };
  }
}
