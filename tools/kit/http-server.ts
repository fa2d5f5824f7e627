/** An HTTP server on this machine that reads each request to its end and answers it as a function says. */
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Listener, listenOnLoopback } from './loopback.ts';

export interface HttpRequest {
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Aborts when the caller goes away before it has the whole answer. */
  readonly gone: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  /** In parts: each is sent as soon as it is there, and the connection breaks when they end in an error. */
  readonly body?: Buffer | string | AsyncIterable<string>;
}

/** Answers a request. When it throws, the connection breaks; until it resolves, the caller waits. */
export type Respond = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;

/** @param port 0 for any that is free */
export function serveHttp(respond: Respond, port = 0): Promise<Listener> {
  const server = createServer((incoming, outgoing) => {
    // Without a listener, a caller that goes away while it is answered would be an unhandled error.
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

/** An answer of JSON. */
export function jsonAnswer(body: unknown, status = 200, headers: OutgoingHttpHeaders = {}): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

/** Breaks the connection instead of answering. */
export function hangUp(): Promise<never> {
  return Promise.reject(new Error('the connection is to break'));
}

/** Leaves the caller without an answer, on a connection that stays open. */
export function keepSilent(): Promise<never> {
  return new Promise(() => undefined);
}
