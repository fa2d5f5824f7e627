/** Sends requests to the API with a token, and repeats them after failures that may pass. */
import { API_VERSION, VERSION_HEADER } from '../api/header-names.ts';
import { quoteExcerpt } from '../tools/kit/printable.ts';
import { readError } from './read-answers.ts';
import { RefusedError, UnexpectedAnswerError } from './client-errors.ts';
import { type Answer, Sender } from './http.ts';
import { type RetryOptions, retryWithJitter } from './retry-with-jitter.ts';
import type { Tokens } from './access-tokens.ts';
import type { ClientDeps } from './client-deps.ts';

export interface Call {
  /** The call in words, for errors, such as `job 2 of 3`. */
  readonly what: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The status of success. */
  readonly expected: number;
  readonly signal?: AbortSignal | undefined;
}

export class Exchange {
  readonly #origin: string;
  readonly #tokens: Tokens;
  readonly #deps: ClientDeps;
  readonly #sender: Sender;
  readonly #retryOptions: RetryOptions;

  /** @param origin the only origin that the token is sent to */
  constructor(origin: string, tokens: Tokens, deps: ClientDeps, retryOptions: RetryOptions) {
    this.#origin = origin;
    this.#tokens = tokens;
    this.#deps = deps;
    this.#sender = new Sender(deps);
    this.#retryOptions = retryOptions;
  }

  /**
   * Sends a call and reads its answer.
   * @throws RefusedError for a 4xx other than 429; UnreachableError when all attempts failed;
   *   UnexpectedAnswerError for any other status than the expected one; the reason of the signal
   */
  async request(call: Call): Promise<Answer> {
    if (new URL(call.url).origin !== this.#origin) throw new Error(`${call.what}: not of ${this.#origin}`);
    const { what, expected, signal } = call;
    const answer = await retryWithJitter(what, this.#deps, this.#retryOptions, signal, () =>
      this.#attempt(call),
    );
    const { status, headers, text } = answer;
    if (status === expected) return answer;
    if (status >= 400) throw new RefusedError(what, { status, ...readError(text) });
    const to = status >= 300 ? ` to ${quoteExcerpt(headers.get('location'))}` : '';
    throw new UnexpectedAnswerError(
      `${what}: answered ${status}${to}, expected ${expected}: see the base URL`,
    );
  }

  async #attempt(call: Call): Promise<Answer> {
    const token = await this.#tokens.getToken(call.signal);
    const answer = await this.#send(call, token);
    if (answer.status !== 401) return answer;
    // A 401 is repeated once with another token: the issuer may have revoked the first one early.
    const other = await this.#tokens.replaceToken(token, call.signal);
    return other === undefined ? answer : this.#send(call, other);
  }

  #send({ method, url, headers, body, signal }: Call, token: string): Promise<Answer> {
    return this.#sender.send(signal, (limit) =>
      this.#deps.fetch(url, {
        method,
        // An API of a later version can then refuse the call instead of misunderstanding it.
        headers: { ...headers, [VERSION_HEADER]: API_VERSION, authorization: `Bearer ${token}` },
        ...(body !== undefined && { body }),
        // Following a redirect could send the token to another server.
        redirect: 'manual',
        signal: limit,
      }),
    );
  }
}
