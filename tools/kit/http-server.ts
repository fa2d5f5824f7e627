/**
 * Serves HTTP on this machine: reads each request completely and answers it with the result of a function.
 */
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Listener, listenOnLoopback } from './loopback.ts';

export interface HttpRequest {
  readonly method: string;
  /** Path and query, unchanged from the request line. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Aborts when the caller disconnects before it has the whole answer. */
  readonly gone: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  /** The parts of an iterable are sent one by one; when it throws, the connection breaks. */
  readonly body?: Buffer | string | AsyncIterable<string>;
}

/** Answers a request. When it throws, the connection breaks. */
export type Respond = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;

/** @param port 0 for any free one */
export function serveHttp(respond: Respond, port = 0): Promise<Listener> {
  const server = createServer((incoming, outgoing) => {
    // Without a listener, a caller that disconnects during the answer would cause an unhandled error.
    outgoing.on('error', () => undefined);
    handle(respond, incoming, outgoing).catch(() => outgoing.destroy());
  });
  return listenOnLoopback(server, port);
}

async function handle(respond: Respond, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const { method = 'GET', url = '/', headers } = incoming;
  const body = await buffer(incoming);
  const answer = await respond({ method, path: url, headers, body, gone: gone.signal });
  outgoing.writeHead(answer.status, answer.headers);
  if (answer.body === undefined || typeof answer.body === 'string' || Buffer.isBuffer(answer.body)) {
    outgoing.end(answer.body);
  } else {
    await pipeline(Readable.from(answer.body), outgoing);
  }
}

/** Makes an answer with a JSON body. */
export function makeJsonAnswer(body: unknown, status = 200, headers: OutgoingHttpHeaders = {}): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

/** Makes the server break the connection instead of answering. */
export function hangUp(): Promise<never> {
  return Promise.reject(new Error('the connection is to break'));
}

/** Never answers, and leaves the connection open. */
export function keepSilent(): Promise<never> {
  return new Promise(() => undefined);
}
