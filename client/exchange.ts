/** Sends requests to the API with a token, and repeats them after failures that may pass. */
import { API_VERSION, VERSION_HEADER } from '../api/header-names.ts';
import { shown } from '../tools/kit/printable.ts';
import { readError } from './answers.ts';
import { RefusedError, UnexpectedAnswerError } from './errors.ts';
import { type Answer, outcomeOf } from './http.ts';
import { type Patience, persistently } from './retry.ts';
import type { Tokens } from './tokens.ts';
import type { World } from './world.ts';

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
  readonly #world: World;
  readonly #patience: Patience;

  /** @param origin the only origin that the token is sent to */
  constructor(origin: string, tokens: Tokens, world: World, patience: Patience) {
    this.#origin = origin;
    this.#tokens = tokens;
    this.#world = world;
    this.#patience = patience;
  }

  /**
   * Sends a call and reads its answer.
   * @throws RefusedError for a 4xx other than 429; UnreachableError when all attempts failed;
   *   UnexpectedAnswerError for any other status than the expected one; the reason of the signal
   */
  async ask(call: Call): Promise<Answer> {
    if (new URL(call.url).origin !== this.#origin) throw new Error(`${call.what}: not of ${this.#origin}`);
    const { what, expected, signal } = call;
    const answer = await persistently(what, this.#world, this.#patience, signal, () => this.#attempt(call));
    const { status, headers, text } = answer;
    if (status === expected) return answer;
    if (status >= 400) throw new RefusedError(what, { status, ...readError(text) });
    const to = status >= 300 ? ` to ${shown(headers.get('location'))}` : '';
    throw new UnexpectedAnswerError(
      `${what}: answered ${status}${to}, expected ${expected}: see the base URL`,
    );
  }

  async #attempt(call: Call): Promise<Answer> {
    const token = await this.#tokens.current(call.signal);
    const answer = await this.#send(call, token);
    if (answer.status !== 401) return answer;
    // A 401 is repeated once with another token: the issuer may have revoked the first one early.
    const other = await this.#tokens.instead(token, call.signal);
    return other === undefined ? answer : this.#send(call, other);
  }

  #send({ method, url, headers, body, signal }: Call, token: string): Promise<Answer> {
    return outcomeOf(this.#world, signal, (limit) =>
      this.#world.fetch(url, {
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
