/** What every HTTP function does around its handler: its trace, its reports, and the contract's errors. */
import { randomUUID } from 'node:crypto';
import middy, { type MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { FieldingJobsError } from '../../domain/errors.ts';
import { evidenceOf, logTrace } from '../observability/logger.ts';
import { report, reportInvocation } from '../observability/report.ts';
import { type TraceContext, traceContext } from '../observability/trace-context.ts';
import { errorResponse } from './error-response.ts';
import { type ApiRequest, type ApiResponse, apiRequest } from './message.ts';
import { subjectOf } from './path.ts';
import { beginRequestSegment, endRequestSegment } from './request-segment.ts';

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
  const answered = (event: APIGatewayProxyEventV2, response: ApiResponse | null | undefined) => {
    const trace = traceOf(event);
    endRequestSegment(trace, event.routeKey, response?.statusCode ?? 500);
    if (response === null || response === undefined) return;
    const { traceparent, tracestate } = trace;
    response.headers = { ...response.headers, traceparent, tracestate };
  };

  const traced: Middleware = {
    before: ({ event, context }) => {
      const trace = traceOf(event);
      logTrace(trace.traceId);
      beginRequestSegment(trace, subjectOf(apiRequest(event)), context.awsRequestId);
    },
    after: ({ event, response }) => {
      answered(event, response);
    },
    onError: ({ event, response }) => {
      answered(event, response);
    },
  };

  const reported: Middleware = {
    after: ({ event, response }) => {
      const { routeKey: route } = event;
      report(
        { event: 'request.answered', status: response?.statusCode ?? 200, route },
        subjectOf(apiRequest(event)),
      );
    },
    onError: (request) => {
      const { error, event } = request;
      const { routeKey: route } = event;
      const errorId = randomUUID();
      const response = errorResponse(error, errorId);
      const status = response.statusCode ?? 500;
      const subject = subjectOf(apiRequest(event));
      if (status >= 500) {
        report({ event: 'request.failed', errorId, status, route, cause: error }, subject);
      } else {
        // Of an error that we expect, its evidence tells more than its stack.
        const why =
          error instanceof FieldingJobsError ? { kind: error.name, ...evidenceOf(error) } : { cause: error };
        report({ event: 'request.refused', errorId, status, route, ...why }, subject);
      }
      request.response = response;
    },
  };

  return middy<APIGatewayProxyEventV2, ApiResponse>({
    timeoutEarlyInMillis: TIMEOUT_EARLY_MS,
  })
    .use(reportInvocation())
    .use(traced)
    .use(reported)
    .handler((event, context) => handle(apiRequest(event), traceOf(event), context));
}
