/**
 * Answers what the local stack serves for itself, below `/_local` and `/docs`: for this machine's user alone,
 * not for web pages that the same browser has open.
 */
import type { IncomingMessage } from 'node:http';
import { splitTarget } from './event.ts';
import { gatewayMessage, type GatewayResponse } from './response.ts';

/**
 * The names under which this machine is itself. Any other name was made to point here by somebody else's name
 * server, whose pages would then count as being of the same origin.
 */
const OWN_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** No page of another origin may embed, read or frame an answer. */
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
 * Answers a request with a LocalFile, or with anything else as JSON; undefined when there is no such thing.
 * @param path below its root: `status` for `/_local/status`, empty for `/_local` itself
 */
export type ControlHandler = (method: string, path: string, query: URLSearchParams) => Promise<unknown>;

/** The first segment of a path, with its slash: paths below the stack's own roots are none of the API. */
export function rootOf(path: string): string {
  return /^\/[^/]*/.exec(path)?.[0] ?? '';
}

/** @param request with a path below the handler's root */
export async function answerLocal(
  request: IncomingMessage,
  handler: ControlHandler,
): Promise<GatewayResponse> {
  const { method = 'GET', url = '/', headers } = request;
  if (!isOwn(headers.host)) return refusal(`not served as ${headers.host ?? 'no host'}: use 127.0.0.1`);
  // A browser says where a request that could change something comes from; other clients say nothing.
  if (headers.origin !== undefined && URL.parse(headers.origin)?.host !== headers.host) {
    return refusal('not served to other origins');
  }
  const [path, query] = splitTarget(url);
  const answer = await handler(method, path.slice(rootOf(path).length + 1), new URLSearchParams(query));
  if (answer === undefined) return gatewayMessage(404, 'Not Found');
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

function refusal(message: string): GatewayResponse {
  return gatewayMessage(403, `Forbidden: ${message}`);
}

function isOwn(host: string | undefined): boolean {
  return host !== undefined && OWN_NAMES.has(host.toLowerCase().replace(/:\d{1,5}$/, ''));
}
