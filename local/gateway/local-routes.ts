/**
 * Answers what the local stack serves for itself, `/_local` and below: for this machine's user alone, not for web
 * pages that the same browser has open.
 */
import type { IncomingMessage } from 'node:http';
import { splitTarget } from './event.ts';
import { gatewayMessage, type GatewayResponse } from './response.ts';

const ROOT = '/_local';

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
 * @param path below `/_local/`, empty for `/_local` itself
 */
export type ControlHandler = (method: string, path: string, query: URLSearchParams) => Promise<unknown>;

/** Whether a path is the stack's own, and none of the API. */
export function isLocal(path: string): boolean {
  return path === ROOT || path.startsWith(`${ROOT}/`);
}

/** @param request with a path that is local */
export async function answerLocal(
  request: IncomingMessage,
  control: ControlHandler,
): Promise<GatewayResponse> {
  const { method = 'GET', url = '/', headers } = request;
  if (!isOwn(headers.host)) return refusal(`not served as ${headers.host ?? 'no host'}: use 127.0.0.1`);
  // A browser says where a request that could change something comes from; other clients say nothing.
  if (headers.origin !== undefined && URL.parse(headers.origin)?.host !== headers.host) {
    return refusal('not served to other origins');
  }
  const [path, query] = splitTarget(url);
  const answer = await control(method, path.slice(ROOT.length + 1), new URLSearchParams(query));
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
