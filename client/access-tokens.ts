/**
 * Provides bearer tokens: one that is given, or ones fetched with OAuth 2.0 client credentials (RFC 6749,
 * section 4.4: https://www.rfc-editor.org/info/rfc6749).
 */
import * as oauth from 'oauth4webapi';
import { parseObject } from '../tools/kit/json.ts';
import { quoteExcerpt, replaceUnprintable } from '../tools/kit/printable.ts';
import { InputError, RefusedError, UnexpectedAnswerError } from './client-errors.ts';
import { Sender } from './http.ts';
import { type RetryOptions, retryWithJitter } from './retry-with-jitter.ts';
import { isLoopback, parseSafeUrl } from './urls.ts';
import type { ClientDeps } from './client-deps.ts';

/** OAuth 2.0 client credentials, with which the client fetches tokens. */
export interface ClientCredentials {
  /** The token endpoint: https, or http on this machine. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How id and secret are sent: by HTTP Basic, which is the default, or in the body. */
  readonly clientAuth?: 'basic' | 'post' | undefined;
  /** Scopes to request, separated by spaces. */
  readonly scope?: string | undefined;
  /** Audience to request. */
  readonly audience?: string | undefined;
  /** URIs of the resources to request a token for, separated by spaces (RFC 8707). */
  readonly resource?: string | undefined;
}

export interface Tokens {
  /** Returns a token that has not expired, as far as the client can know. */
  getToken(signal?: AbortSignal): Promise<string>;
  /** Returns another token after the API has refused this one; undefined when there is no other. */
  replaceToken(refused: string, signal?: AbortSignal): Promise<string | undefined>;
}

/**
 * A token is replaced this long before it expires; one that lives less than 4 minutes, after 3/4 of its life.
 */
const RENEW_AHEAD_MS = 60_000;

/**
 * Provides the token that is given.
 * @throws InputError when it is not a token; the message does not show it
 */
export function makeGivenToken(text: string): Tokens {
  const token = parseToken(text.trim());
  if (token === undefined) {
    throw new InputError('token: found nothing or characters that a token cannot have, expected a JWT');
  }
  return { getToken: () => Promise.resolve(token), replaceToken: () => Promise.resolve(undefined) };
}

/** Fetches a token and keeps it until shortly before it expires. Concurrent requests share one fetch. */
export class FetchedTokens implements Tokens {
  readonly #credentials: ClientCredentials;
  readonly #url: URL;
  readonly #deps: ClientDeps;
  readonly #sender: Sender;
  readonly #resources: readonly string[];
  readonly #retryOptions: RetryOptions;
  #token: { readonly text: string; readonly renewAt: number } | undefined;
  #pendingFetch:
    { readonly token: Promise<string>; readonly stop: AbortController; waiting: number } | undefined;

  /** @throws InputError for a token URL, a client id, a secret or a resource that cannot be used */
  constructor(credentials: ClientCredentials, deps: ClientDeps, retryOptions: RetryOptions) {
    this.#url = parseSafeUrl('token URL', credentials.tokenUrl);
    for (const [field, text] of [
      ['client id', credentials.clientId],
      ['client secret', credentials.clientSecret],
    ] as const) {
      if (text === '') throw new InputError(`${field}: found nothing, expected that of your OAuth client`);
    }
    this.#resources = parseResources(credentials.resource ?? '');
    this.#credentials = credentials;
    this.#deps = deps;
    this.#sender = new Sender(deps);
    this.#retryOptions = retryOptions;
  }

  async getToken(signal?: AbortSignal): Promise<string> {
    if (this.#token !== undefined && this.#deps.now() < this.#token.renewAt) return this.#token.text;
    const pending = (this.#pendingFetch ??= this.#startFetch());
    pending.waiting += 1;
    try {
      return await rejectOnAbort(pending.token, signal);
    } finally {
      pending.waiting -= 1;
      // The fetch is shared: it is aborted only when no caller waits for it any more.
      if (pending.waiting === 0) {
        pending.stop.abort();
        if (this.#pendingFetch === pending) this.#pendingFetch = undefined;
      }
    }
  }

  #startFetch() {
    const stop = new AbortController();
    return { token: this.#fetchToken(stop.signal), stop, waiting: 0 };
  }

  async replaceToken(refused: string, signal?: AbortSignal): Promise<string> {
    // Another request may have replaced it already.
    if (this.#token?.text === refused) this.#token = undefined;
    return this.getToken(signal);
  }

  async #fetchToken(signal: AbortSignal): Promise<string> {
    const what = `token of ${this.#url.origin}`;
    return retryWithJitter(what, this.#deps, this.#retryOptions, signal, async () => {
      const askedAt = this.#deps.now();
      const answer = await this.#sender.send(signal, (limit) => this.#requestToken(limit));
      if (answer.status !== 200) throw makeRefusal(what, answer.status, answer.text);
      const { access_token, expires_in } = await this.#readAnswer(what, answer.text);
      const lifeMs = (expires_in ?? Infinity) * 1_000;
      this.#token = { text: access_token, renewAt: askedAt + lifeMs - Math.min(RENEW_AHEAD_MS, lifeMs / 4) };
      return access_token;
    });
  }

  #requestToken(signal: AbortSignal): Promise<Response> {
    const { clientSecret, clientAuth = 'basic', scope, audience } = this.#credentials;
    const parameters = new URLSearchParams({ ...(scope && { scope }), ...(audience && { audience }) });
    for (const resource of this.#resources) parameters.append('resource', resource);
    return oauth.clientCredentialsGrantRequest(
      this.#describeServer(),
      this.#describeClient(),
      clientAuth === 'post' ? oauth.ClientSecretPost(clientSecret) : makeBasicAuth(clientSecret),
      parameters,
      {
        signal,
        // The library marks this option as deprecated only as a warning. It is true for this machine alone.
        // eslint-disable-next-line @typescript-eslint/no-deprecated
        [oauth.allowInsecureRequests]: isLoopback(this.#url),
        [oauth.customFetch]: this.#deps.fetch,
      },
    );
  }

  /**
   * Reads the answer, whose form the library checks. The library's errors hold the answer, and so the token:
   * they are dropped.
   */
  async #readAnswer(what: string, text: string): Promise<oauth.TokenEndpointResponse> {
    // Other fields, which some issuers send as null or as lists, are not used.
    const { access_token, token_type, expires_in } = parseObject(text) ?? {};
    const used = JSON.stringify({ access_token, token_type, expires_in: expires_in ?? undefined });
    const response = new Response(used, { headers: { 'content-type': 'application/json' } });
    try {
      const answer = await oauth.processClientCredentialsResponse(
        this.#describeServer(),
        this.#describeClient(),
        response,
      );
      if (answer.token_type === 'bearer' && parseToken(answer.access_token) !== undefined) return answer;
    } catch {
      // Thrown below, as for every other answer without a bearer token.
    }
    throw new UnexpectedAnswerError(`${what}: the answer holds no bearer token`);
  }

  #describeServer(): oauth.AuthorizationServer {
    return { issuer: this.#url.origin, token_endpoint: this.#url.href };
  }

  #describeClient(): oauth.Client {
    return { client_id: this.#credentials.clientId };
  }
}

/**
 * Authenticates by HTTP Basic. RFC 6749 has id and secret form-encoded before (section 2.3.1:
 * https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1). Issuers that do not decode them refuse what is encoded
 * (https://github.com/panva/oauth4webapi/issues/199, https://github.com/oauth-wg/oauth-v2-1/issues/128), and
 * those that do leave other characters as they are, for example
 * https://github.com/panva/node-oidc-provider/blob/main/lib/shared/client_auth.js. So only what reads
 * differently after decoding is encoded, and what separates: `%`, `+`, `&`, `:`, and what is not ASCII.
 * oauth4webapi encodes also `-`, `_` and `.`.
 */
function makeBasicAuth(clientSecret: string): oauth.ClientAuth {
  return (_, { client_id }, __, headers) => {
    const pair = `${encodeForBasic(client_id)}:${encodeForBasic(clientSecret)}`;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  };
}

function encodeForBasic(text: string): string {
  return text.replace(/[^ -~]|[%+&:]/gu, encodeURIComponent);
}

/** @throws InputError for what is no absolute URI, or has a fragment (RFC 8707, section 2) */
function parseResources(text: string): string[] {
  const resources = text.split(/\s+/).filter((resource) => resource !== '');
  for (const resource of resources) {
    if (!URL.canParse(resource) || resource.includes('#')) {
      throw new InputError(
        `resource: found ${quoteExcerpt(resource)}, expected a URI like https://api.example.com, without #`,
      );
    }
  }
  return resources;
}

/**
 * Waits for a promise.
 * @throws the reason of the signal as soon as it aborts
 */
async function rejectOnAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Returns a text that can stand after `Bearer`, else undefined: `fetch` would quote any other in its error.
 */
function parseToken(token: string): string | undefined {
  return /^[!-~]+$/.test(token) ? token : undefined;
}

function makeRefusal(what: string, status: number, text: string): Error {
  if (status < 400) {
    return new UnexpectedAnswerError(`${what}: answered ${status}, expected 200: see the token URL`);
  }
  // Only the error code (RFC 6749, section 5.2), such as `invalid_client`: a description may quote the
  // request.
  const [, error = 'no reason given'] = /"error"\s*:\s*"([^"]{1,100})"/.exec(text) ?? [];
  return new RefusedError(what, { by: 'issuer', status, detail: replaceUnprintable(error) });
}
