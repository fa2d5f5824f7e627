/** A server for the code under test to call: answers as the test says, and records the requests. */
import type { IncomingHttpHeaders } from 'node:http';
import { type HttpAnswer, serveHttp } from '../../tools/kit/http-server.ts';
import type { Listener } from '../../tools/kit/loopback.ts';

export interface ReceivedRequest {
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export class StandIn {
  /** All requests, in the order of their arrival. */
  readonly requests: ReceivedRequest[] = [];
  /** Makes the answer to a request; a test may replace it at any time. */
  respond: (seen: ReceivedRequest) => HttpAnswer | Promise<HttpAnswer>;
  #listener: Listener | undefined;

  constructor(respond: (seen: ReceivedRequest) => HttpAnswer | Promise<HttpAnswer>) {
    this.respond = respond;
  }

  /** Listens on a free port, or after a close on the same port as before. */
  async listen(): Promise<this> {
    this.#listener = await serveHttp(({ method, path, headers, body }) => {
      const seen = { method, path, headers, body: body.toString() };
      this.requests.push(seen);
      return this.respond(seen);
    }, this.#listener?.port);
    return this;
  }

  /** Its address without a slash at the end, which a close does not change. */
  get url(): string {
    if (this.#listener === undefined) throw new Error('it has not listened yet');
    return this.#listener.url;
  }

  /** Ends every connection and frees the port. */
  async close(): Promise<void> {
    await this.#listener?.close();
  }
}
