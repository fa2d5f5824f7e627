/**
 * Answers requests to the local stack's own routes below `/_local` and `/docs`, and refuses those of web
 * pages of other origins in the user's browser.
 */
import type { IncomingMessage } from 'node:http';
import { splitTarget } from './event.ts';
import { makeGatewayMessage, type GatewayResponse } from './response.ts';

/**
 * Accepted host names. Another name may come from DNS rebinding: a foreign name server points its own name to
 * this machine, so that its pages have the same origin as the stack.
 */
const OWN_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Headers that forbid pages of other origins to embed, read or frame an answer. */
const OURS_ALONE = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** An answer that is not JSON. */
export class LocalFile {
  readonly contentType: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;

  constructor(contentType: string, body: Buffer, headers: Readonly<Record<string, string>> = {}) {
    this.contentType = contentType;
    this.body = body;
    this.headers = headers;
  }
}

/**
 * Handles a request. It returns a LocalFile, any other value to send as JSON, or undefined for an unknown
 * path.
 * @param path relative to the root: `status` for `/_local/status`, empty for `/_local` itself
 */
export type ControlHandler = (method: string, path: string, query: URLSearchParams) => Promise<unknown>;

/**
 * Returns the first segment of a path with its slash. It decides whether a path belongs to the API or the
 * stack.
 */
export function getRoot(path: string): string {
  return /^\/[^/]*/.exec(path)?.[0] ?? '';
}

/** @param request its path must be below the handler's root */
export async function answerLocal(
  request: IncomingMessage,
  handler: ControlHandler,
): Promise<GatewayResponse> {
  const { method = 'GET', url = '/', headers } = request;
  if (!isOwnHost(headers.host))
    return makeRefusal(`not served as ${headers.host ?? 'no host'}: use 127.0.0.1`);
  // Browsers send the header Origin with every request that can change something; other clients send none.
  if (headers.origin !== undefined && URL.parse(headers.origin)?.host !== headers.host) {
    return makeRefusal('not served to other origins');
  }
  const [path, query] = splitTarget(url);
  const answer = await handler(method, path.slice(getRoot(path).length + 1), new URLSearchParams(query));
  if (answer === undefined) return makeGatewayMessage(404, 'Not Found');
  if (answer instanceof LocalFile) {
    return {
      status: 200,
      headers: { ...OURS_ALONE, ...answer.headers, 'content-type': answer.contentType },
      body: answer.body,
    };
  }
  return {
    status: 200,
    headers: { ...OURS_ALONE, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(answer)),
  };
}

function makeRefusal(message: string): GatewayResponse {
  return makeGatewayMessage(403, `Forbidden: ${message}`);
}

function isOwnHost(host: string | undefined): boolean {
  return host !== undefined && OWN_NAMES.has(host.toLowerCase().replace(/:\d{1,5}$/, ''));
}
