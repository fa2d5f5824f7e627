/** A request to the API with a token, repeated by the rules of the contract until it has an answer. */
import { API_VERSION, VERSION_HEADER } from '../api/header-names.ts';
import { shown } from '../tools/kit/printable.ts';
import { readError } from './answers.ts';
import { RefusedError, UnexpectedAnswerError } from './errors.ts';
import { type Answer, outcomeOf } from './http.ts';
import { type Patience, persistently } from './retry.ts';
import type { Tokens } from './tokens.ts';
import type { World } from './world.ts';

export interface Call {
  /** As in `job 2 of 3`, for errors. */
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

  /** @param origin the only one that the token is sent to */
  constructor(origin: string, tokens: Tokens, world: World, patience: Patience) {
    this.#origin = origin;
    this.#tokens = tokens;
    this.#world = world;
    this.#patience = patience;
  }

  /**
   * @throws RefusedError for 4xx, UnreachableError after all tries, UnexpectedAnswerError for any other
   *   status
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
    // The one 4xx that is asked again, once: an issuer may have withdrawn a token before its end.
    const other = await this.#tokens.instead(token, call.signal);
    return other === undefined ? answer : this.#send(call, other);
  }

  #send({ method, url, headers, body, signal }: Call, token: string): Promise<Answer> {
    return outcomeOf(this.#world, signal, (limit) =>
      this.#world.fetch(url, {
        method,
        // An API that has moved on can refuse, instead of being misunderstood.
        headers: { ...headers, [VERSION_HEADER]: API_VERSION, authorization: `Bearer ${token}` },
        ...(body !== undefined && { body }),
        // A redirect would take the token along to wherever it leads.
        redirect: 'manual',
        signal: limit,
      }),
    );
  }
}
