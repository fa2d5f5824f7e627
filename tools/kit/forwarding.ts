/** Forwards HTTP calls to another server; a hook can change, repeat or refuse each call. */
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { urlToHttpOptions } from 'node:url';
import { type HttpAnswer, type HttpRequest, serveHttp } from './http-server.ts';
import type { Listener } from './loopback.ts';

/** An answer whose body was read completely. */
export interface WholeAnswer extends HttpAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

type Forward = (call: HttpRequest) => Promise<WholeAnswer>;

/**
 * Handles a call in place of plain forwarding: it may change the call, forward it several times or never, and
 * return another answer. When it throws, the caller's connection breaks.
 */
export type CallHook = (call: HttpRequest, forward: Forward) => Promise<WholeAnswer>;

export interface ForwardingOptions {
  /** Default: every call is forwarded unchanged. */
  readonly around?: CallHook;
  /**
   * Whether a call that its caller abandons (a stopped long poll, for example) is aborted at the target too.
   * By default the target completes it, and `around` gets its answer.
   */
  readonly endWithCaller?: boolean;
}

/** @param target address of the server that answers the calls: scheme, host and port */
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

/** Returns the operation that a call of an AWS SDK names, like `PutItem`. */
export function readOperation({ headers }: HttpRequest): string {
  return String(headers['x-amz-target']).split('.').at(-1) ?? '';
}
