/** An HTTP server on this machine that hands each call on to another one, and lets a hook change what happens. */
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { urlToHttpOptions } from 'node:url';
import { type HttpAnswer, type HttpRequest, serveHttp } from './http-server.ts';
import type { Listener } from './loopback.ts';

/** An answer that was read to its end. */
export interface WholeAnswer extends HttpAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type Forward = (call: HttpRequest) => Promise<WholeAnswer>;

/**
 * Stands around each call: may forward it changed, several times or not at all, and answer something else.
 * When it throws, the caller's connection breaks.
 */
export type Around = (call: HttpRequest, forward: Forward) => Promise<WholeAnswer>;

export interface ForwardingOptions {
  /** Default: every call is just forwarded. */
  readonly around?: Around;
  /**
   * Whether a call that its caller gives up, like a long poll that is stopped, ends at the target as well. By
   * default it is carried out, and `around` sees its answer.
   */
  readonly endWithCaller?: boolean;
}

/** @param target address of the server that answers: scheme, host and port */
export async function forwardTo(target: string, options: ForwardingOptions = {}): Promise<Listener> {
  const { around = passOn, endWithCaller = false } = options;
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = urlToHttpOptions(new URL(target));
  const forward: Forward = async ({ method, path, headers, body, gone }) => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sized = 'content-length' in headers && { 'content-length': String(body.length) };
      const outgoing = { hostname, port, agent, method, path, headers: { ...headers, ...sized } };
      request(endWithCaller ? { ...outgoing, signal: gone } : outgoing, resolve)
        .on('error', reject)
        .end(body);
    });
    return {
      status: response.statusCode ?? 502,
      headers: response.headers,
      body: await buffer(response),
    };
  };
  const listener = await serveHttp((call) => around(call, forward));
  const close = async () => {
    agent.destroy();
    await listener.close();
  };
  return { ...listener, close, [Symbol.asyncDispose]: close };
}

function passOn(call: HttpRequest, forward: Forward): Promise<WholeAnswer> {
  return forward(call);
}

/** The operation of a call of an AWS SDK, like `PutItem`. */
export function operationOf({ headers }: HttpRequest): string {
  return String(headers['x-amz-target']).split('.').at(-1) ?? '';
}
