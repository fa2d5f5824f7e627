/** A server in place of one that the code under test calls: answers as the test says, and keeps the requests. */
import type { IncomingHttpHeaders } from 'node:http';
import { type HttpAnswer, serveHttp } from '../../tools/kit/http-server.ts';
import type { Listener } from '../../tools/kit/loopback.ts';

export interface Seen {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export class StandIn {
  /** Every request, in the order in which they came. */
  readonly requests: Seen[] = [];
  /** A test may set another one at any time. */
  respond: (seen: Seen) => HttpAnswer | Promise<HttpAnswer>;
  #listener: Listener | undefined;

  constructor(respond: (seen: Seen) => HttpAnswer | Promise<HttpAnswer>) {
    this.respond = respond;
  }

  /** Listens; after a close, at the address of before. */
  async listen(): Promise<this> {
    this.#listener = await serveHttp(({ method, path, headers, body }) => {
      const seen = { method, path, headers, body: body.toString() };
      this.requests.push(seen);
      return this.respond(seen);
    }, this.#listener?.port);
    return this;
  }

  /** Its address, without a slash at its end; stays when it is closed. */
  get url(): string {
    if (this.#listener === undefined) throw new Error('it has not listened yet');
    return this.#listener.url;
  }

  /** Ends every connection and frees the port. */
  async close(): Promise<void> {
    await this.#listener?.close();
  }
}
