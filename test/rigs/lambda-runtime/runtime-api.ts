/**
 * Lambda's Runtime API, version 2018-06-01, for one execution environment:
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import { z } from 'zod';
import {
  type HttpAnswer,
  type HttpRequest,
  makeJsonAnswer,
  serveHttp,
} from '../../../tools/kit/http-server.ts';
import type { Listener } from '../../../tools/kit/loopback.ts';
import { PAYLOAD_LIMIT } from '../../../tools/local/functions/messages.ts';

/** An event, and what the runtime gets to know of its invocation in the headers. */
export interface Invocation {
  readonly requestId: string;
  /** JSON */
  readonly event: string;
  /** When the function times out, epoch ms. */
  readonly deadline: number;
  readonly functionArn: string;
  /** In the form of the header `X-Amzn-Trace-Id`. */
  readonly traceId: string;
}

/** The body of an error that a runtime reports. */
const errorShape = z.strictObject({
  errorType: z.string(),
  errorMessage: z.string(),
  trace: z.array(z.string()),
});

export interface PostedError extends z.infer<typeof errorShape> {
  /** The header `Lambda-Runtime-Function-Error-Type`. */
  readonly header: string | undefined;
}

/** What the runtime asks for and reports, in the order in which it does. */
export interface RuntimeEvents {
  /** Resolves when there is an event. */
  next(): Promise<Invocation>;
  respond(requestId: string, body: string): void;
  /** A response that is larger than Lambda passes on. */
  refuseResponse(requestId: string, bytes: number): void;
  fail(requestId: string, error: PostedError): void;
  failInit(error: PostedError): void;
}

const ROOT = '/2018-06-01/runtime';
const ACCEPTED = makeJsonAnswer({ status: 'OK' }, 202);

export function serveRuntimeApi(events: RuntimeEvents): Promise<Listener> {
  return serveHttp((request) => answer(events, request));
}

async function answer(events: RuntimeEvents, request: HttpRequest): Promise<HttpAnswer> {
  const { method, path, body } = request;
  if (method === 'GET' && path === `${ROOT}/invocation/next`) return makeNextAnswer(await events.next());
  if (method === 'POST' && path === `${ROOT}/init/error`) {
    events.failInit(readError(request));
    return ACCEPTED;
  }
  const [, requestId = '', kind] =
    /^\/invocation\/([\w-]+)\/(response|error)$/.exec(path.slice(ROOT.length)) ?? [];
  if (method !== 'POST' || kind === undefined) {
    return makeJsonAnswer({ errorType: 'InvalidRequest', errorMessage: `${method} ${path}` }, 400);
  }
  if (kind === 'error') {
    events.fail(requestId, readError(request));
    return ACCEPTED;
  }
  if (body.length > PAYLOAD_LIMIT) {
    events.refuseResponse(requestId, body.length);
    return makeJsonAnswer({ errorType: 'RequestEntityTooLarge', errorMessage: `${body.length} bytes` }, 413);
  }
  events.respond(requestId, body.toString());
  return ACCEPTED;
}

function makeNextAnswer({ requestId, event, deadline, functionArn, traceId }: Invocation): HttpAnswer {
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': requestId,
      'Lambda-Runtime-Deadline-Ms': String(deadline),
      'Lambda-Runtime-Invoked-Function-Arn': functionArn,
      'Lambda-Runtime-Trace-Id': traceId,
    },
    body: event,
  };
}

function readError({ headers, body }: HttpRequest): PostedError {
  const header = headers['lambda-runtime-function-error-type'];
  return {
    ...errorShape.parse(JSON.parse(body.toString())),
    header: typeof header === 'string' ? header : undefined,
  };
}
