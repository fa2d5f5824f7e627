/**
 * Adds the CORS headers to answers, as an HTTP API does:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Cors } from '../template/read-cors.ts';
import type { GatewayResponse } from './response.ts';

/** Whether a browser asks with this request whether a page may send another one. */
export function isPreflight(method: string, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

/** What an API that allows other origins answers to a preflight that no route takes. */
export const PREFLIGHT_ANSWER: GatewayResponse = { status: 204, headers: {}, body: Buffer.alloc(0) };

/**
 * Adds the headers to the answer of a function. Those that a function has set are ignored. An answer for an
 * origin that is not allowed has none.
 */
export function addCorsHeaders(
  answer: GatewayResponse,
  cors: Cors | undefined,
  method: string,
  requestHeaders: IncomingHttpHeaders,
): GatewayResponse {
  if (cors === undefined) return answer;
  const own = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'));
  const { origin } = requestHeaders;
  if (origin === undefined || !cors.allowOrigins.includes(origin)) {
    return { ...answer, headers: Object.fromEntries(own) };
  }
  const added = isPreflight(method, requestHeaders)
    ? {
        'access-control-allow-headers': cors.allowHeaders.join(','),
        'access-control-allow-methods': cors.allowMethods.join(','),
        'access-control-max-age': String(cors.maxAge),
      }
    : { 'access-control-expose-headers': cors.exposeHeaders.join(',') };
  return {
    ...answer,
    headers: { ...Object.fromEntries(own), 'access-control-allow-origin': origin, ...added },
  };
}
