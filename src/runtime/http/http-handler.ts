/** What every HTTP function does around its handler: tracing, log context, and the contract's errors. */
import { randomUUID } from 'node:crypto';
import middy, { type MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { FieldingJobsError } from '../../domain/errors.ts';
import { evidenceOf, log, logInvocation, logTrace } from '../observability/logger.ts';
import { type TraceContext, traceContext } from '../observability/trace-context.ts';
import { traceInvocation } from '../observability/tracer.ts';
import { errorResponse } from './error-response.ts';
import { type ApiRequest, type ApiResponse, apiRequest } from './message.ts';

/** Answers a request. What it throws becomes the contract's error. */
export type Handle = (request: ApiRequest, trace: TraceContext, context: Context) => Promise<ApiResponse>;

type Middleware = MiddlewareObj<APIGatewayProxyEventV2, ApiResponse>;

/** Before the function's own timeout: the contract's error is better than the gateway's. */
const TIMEOUT_EARLY_MS = 500;

export function httpHandler(handle: Handle) {
  const traces = new WeakMap<APIGatewayProxyEventV2, TraceContext>();
  const traceOf = (event: APIGatewayProxyEventV2): TraceContext => {
    const trace =
      traces.get(event) ?? traceContext(apiRequest(event).headers, process.env['_X_AMZN_TRACE_ID']);
    traces.set(event, trace);
    return trace;
  };

  /** Every answer, errors included, names its trace. A trace is the request's own, never a replayed one. */
  const trace: Middleware = {
    before: ({ event }) => {
      logTrace(traceOf(event).traceId);
    },
    after: ({ event, response }) => {
      addTrace(response, traceOf(event));
    },
    onError: ({ event, response }) => {
      addTrace(response, traceOf(event));
    },
  };

  const errors: Middleware = {
    onError: (request) => {
      const id = randomUUID();
      const response = errorResponse(request.error, id);
      const refused = (response.statusCode ?? 500) < 500;
      log(refused ? 'request.refused' : 'request.failed', {
        errorId: id,
        status: response.statusCode,
        route: request.event.routeKey,
        // Of an error that we expect, its evidence tells more than its stack.
        ...(refused && request.error instanceof FieldingJobsError
          ? { kind: request.error.name, ...evidenceOf(request.error) }
          : { cause: request.error }),
      });
      request.response = response;
    },
  };

  return middy<APIGatewayProxyEventV2, ApiResponse>({
    timeoutEarlyInMillis: TIMEOUT_EARLY_MS,
  })
    .use(traceInvocation())
    .use(logInvocation())
    .use(trace)
    .use(errors)
    .handler((event, context) => handle(apiRequest(event), traceOf(event), context));
}

function addTrace(response: ApiResponse | null | undefined, { traceparent, tracestate }: TraceContext): void {
  if (response === null || response === undefined) return;
  response.headers = { ...response.headers, traceparent, tracestate };
}
