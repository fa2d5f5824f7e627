/** Serves the API's routes over HTTP, and beside them the local stack's own routes. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { getErrorCode, getErrorMessage, UsageError } from '../../kit/tool-errors.ts';
import { listenOnLoopback, LOOPBACK_ADDRESS } from '../../kit/loopback.ts';
import { PAYLOAD_LIMIT } from '../functions/messages.ts';
import type { Invoker } from '../functions/pool.ts';
import { makeTraceId } from '../functions/trace-id.ts';
import { readBody, RequestAbortedError } from './body.ts';
import { addCorsHeaders, isPreflight, PREFLIGHT_ANSWER } from './cors.ts';
import { type GatewayRequest, makeHttpEvent, splitTarget } from './event.ts';
import { answerLocal, type ControlHandler, getRoot } from './local-routes.ts';
import { refuseMalformedRequests } from './malformed-requests.ts';
import { makeGatewayMessage, type GatewayResponse, makeHttpResponse } from './response.ts';
import type { Match, Router } from './router.ts';
import { RouteThrottles } from './throttle.ts';
import type { Cors } from '../template/read-cors.ts';
import type { Route } from '../template/read-routes.ts';

/**
 * AWS allows 10 KB (10,240 bytes). Larger headers reach the functions here, so that their own limits can be
 * tested.
 */
const MAX_HEADER_BYTES = 256 * 1024;

/** A client that sends more slowly is disconnected. */
const HEADERS_TIMEOUT_MILLISECONDS = 20_000;
const REQUEST_TIMEOUT_MILLISECONDS = 120_000;

const BAD_REQUEST = makeGatewayMessage(400, 'Bad Request');
const EXPECTATION_FAILED = makeGatewayMessage(417, 'Expectation Failed');
const NOT_FOUND = makeGatewayMessage(404, 'Not Found');
const TOO_LARGE = makeGatewayMessage(413, 'Request Entity Too Large');
const TOO_MANY = makeGatewayMessage(429, 'Too Many Requests');
const UNAVAILABLE = makeGatewayMessage(503, 'Service Unavailable');

export interface ServedApi {
  /** What stands before the path of a route; empty without a custom domain. */
  readonly basePath: string;
  /** Undefined when pages of other origins may not call. */
  readonly cors: Cors | undefined;
  readonly router: Router;
  /** By logical id. */
  readonly functions: ReadonlyMap<string, Invoker>;
  /** Whether the API has the permission to run a route's function. */
  readonly mayInvoke: (route: Route) => boolean;
}

export interface RequestLine {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  /** Why the gateway itself failed. */
  readonly problem?: string;
}

export class Gateway {
  /** Base URL, without a trailing slash. */
  readonly url: string;
  readonly #server: Server;
  readonly #log: (line: RequestLine) => void;
  #api: ServedApi | undefined;
  #throttles = new RouteThrottles();
  #closing = false;
  /** Handlers of the stack's own routes, by root. */
  readonly #localHandlers = new Map<string, ControlHandler>();

  private constructor(server: Server, url: string, log: (line: RequestLine) => void) {
    this.url = url;
    this.#server = server;
    this.#log = log;
    server.on('request', (request, response) => {
      void this.#handle(request, response);
    });
    server.on('checkExpectation', (_request, response: ServerResponse) => {
      this.#send(response, EXPECTATION_FAILED, randomUUID());
    });
    refuseMalformedRequests(server);
  }

  /**
   * Listens on the port. Until `serve` is called, every request gets a 503.
   * @param port 0 for any free one
   * @throws UsageError when the port cannot be used
   */
  static async listen(port: number, log: (line: RequestLine) => void): Promise<Gateway> {
    const server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MILLISECONDS,
      requestTimeout: REQUEST_TIMEOUT_MILLISECONDS,
      // The gateway checks the header itself, to answer with a body.
      requireHostHeader: false,
      noDelay: true,
    });
    const { url } = await listenOnLoopback(server, port).catch((error: unknown) => {
      throw explainPortError(port, error);
    });
    return new Gateway(server, url, log);
  }

  /**
   * @param root first path segment, like `/_local`: the handler answers it and all paths below it from now on
   */
  serveLocalRoutes(root: string, handler: ControlHandler): void {
    this.#localHandlers.set(root, handler);
  }

  /** Serves the API from now on. */
  serve(api: ServedApi): void {
    this.#api = api;
    this.#throttles = new RouteThrottles();
  }

  /** Frees the port, and waits at most `graceMilliseconds` for the requests in progress. */
  async close(graceMilliseconds: number): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => {
      this.#server.closeAllConnections();
    }, graceMilliseconds);
    await closed;
    clearTimeout(timer);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = performance.now();
    const requestId = randomUUID();
    const [path] = splitTarget(request.url ?? '/');
    const method = request.method ?? 'GET';
    // Without a listener, a client that disconnects during the answer would cause an unhandled error.
    response.on('error', () => undefined);
    const own = this.#localHandlers.get(getRoot(path));
    let status = 500;
    let problem: string | undefined;
    try {
      const answer = await (own ? answerLocal(request, own) : this.#answer(request, requestId));
      this.#send(response, answer, requestId);
      status = answer.status;
    } catch (error) {
      if (error instanceof RequestAbortedError) return;
      // For example, the function returned a header that HTTP does not allow.
      problem = getErrorMessage(error);
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      this.#send(response, makeGatewayMessage(500, 'Internal Server Error'), requestId);
    }
    if (own !== undefined && problem === undefined) return;
    const milliseconds = performance.now() - started;
    this.#log({ method, path, status, milliseconds, ...(problem !== undefined && { problem }) });
  }

  async #answer(request: IncomingMessage, requestId: string): Promise<GatewayResponse> {
    const api = this.#api;
    if (api === undefined) return UNAVAILABLE;
    if (request.headers.host === undefined && request.httpVersion === '1.1') return BAD_REQUEST;
    const time = new Date();
    const body = await readBody(request);
    if (body === 'too large') return TOO_LARGE;
    const gatewayRequest: GatewayRequest = {
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      protocol: `HTTP/${request.httpVersion}`,
      rawHeaders: request.rawHeaders,
      body,
      sourceIp: request.socket.remoteAddress ?? LOOPBACK_ADDRESS,
      requestId,
      traceId: makeTraceId(),
      time,
    };
    const { method } = gatewayRequest;
    const path = removeBasePath(splitTarget(gatewayRequest.target)[0], api.basePath);
    if (path === undefined) return NOT_FOUND;
    // Answers of the gateway itself have none of them: AWS documents them only for those of functions.
    const addHeaders = (answer: GatewayResponse) => addCorsHeaders(answer, api.cors, method, request.headers);
    const match = api.router.match(method, path);
    if (match === undefined) {
      const asks = api.cors !== undefined && isPreflight(method, request.headers);
      return asks ? addHeaders(PREFLIGHT_ANSWER) : NOT_FOUND;
    }
    if (!this.#throttles.admit(match.route)) return TOO_MANY;
    return this.#invoke(api, match, gatewayRequest, addHeaders);
  }

  async #invoke(
    api: ServedApi,
    match: Match,
    request: GatewayRequest,
    addHeaders: (answer: GatewayResponse) => GatewayResponse,
  ): Promise<GatewayResponse> {
    const lambda = api.functions.get(match.route.functionId);
    if (lambda === undefined) throw new Error(`no function ${match.route.functionId}`);
    if (!api.mayInvoke(match.route)) {
      throw new Error(`the API has no permission to run ${match.route.functionId} for ${match.route.key}`);
    }
    const event = JSON.stringify(makeHttpEvent(request, match));
    if (Buffer.byteLength(event) > PAYLOAD_LIMIT) return TOO_LARGE;
    const giveUp = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<GatewayResponse>((resolve) => {
      timer = setTimeout(() => {
        resolve(UNAVAILABLE);
        giveUp.abort();
      }, match.route.timeoutMilliseconds).unref();
    });
    const answered = lambda
      .invoke(event, { traceId: request.traceId, signal: giveUp.signal })
      .then((result) => (result.ok ? addHeaders(makeHttpResponse(result)) : makeHttpResponse(result)));
    const response = await Promise.race([answered, timeout]);
    clearTimeout(timer);
    return response;
  }

  #send(response: ServerResponse, answer: GatewayResponse, requestId: string): void {
    response.statusCode = answer.status;
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
    response.setHeader('apigw-requestid', requestId);
    // HTTP forbids a length for these statuses.
    if (answer.status !== 204 && answer.status !== 304) {
      response.setHeader('content-length', answer.body.length);
    }
    // A connection that stays open would keep the server from closing.
    if (this.#closing) response.setHeader('connection', 'close');
    response.end(answer.body);
  }
}

/** Returns the rest of a path below a base path, or undefined for a path elsewhere. */
function removeBasePath(path: string, basePath: string): string | undefined {
  if (basePath === '') return path;
  if (path === basePath) return '/';
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
}

function explainPortError(port: number, error: unknown): unknown {
  const code = getErrorCode(error);
  if (code === 'EADDRINUSE') {
    return new UsageError(`port ${port} is in use: stop what listens there, or choose another with --port`);
  }
  if (code === 'EACCES') {
    return new UsageError(`port ${port} needs more rights: choose another with --port, 1024 or higher`);
  }
  return error;
}
