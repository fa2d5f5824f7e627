/** What every HTTP function does around its handler: traces, reports, and the contract's errors. */
import { randomUUID } from 'node:crypto';
import middy, { type MiddlewareObj, type Request } from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { FieldingJobsError } from '../domain/errors.ts';
import type { Subject } from '../ports/journal.ts';
import { formatEvidence, appendTraceId } from '../observability/logger.ts';
import { getCurrentSegment } from '../observability/recording.ts';
import { report, reportInvocation } from '../observability/report.ts';
import { type TraceContext, makeTraceContext } from '../observability/trace-context.ts';
import { makeErrorResponse } from './error-response.ts';
import { type ApiRequest, type ApiResponse, readApiRequest } from './message.ts';
import { readSubject } from './path.ts';
import { beginRecording, endRecording } from './record-request.ts';

/** Answers a request. `makeErrorResponse` turns what it throws into an error of the contract. */
export type Handle = (request: ApiRequest, trace: TraceContext, context: Context) => Promise<ApiResponse>;

type Middleware = MiddlewareObj<APIGatewayProxyEventV2, ApiResponse>;
type MiddyRequest = Request<APIGatewayProxyEventV2, ApiResponse>;

/** Time before the function's timeout at which it answers an error of the contract, not the gateway's. */
const TIMEOUT_EARLY_MS = 500;

/** What is known of a request before it is checked. */
interface ReceivedRequest {
  readonly request: ApiRequest;
  readonly trace: TraceContext;
  readonly subject: Subject;
}

export function makeHttpHandler(handle: Handle) {
  const known = new WeakMap<APIGatewayProxyEventV2, ReceivedRequest>();
  const receive = (event: APIGatewayProxyEventV2): ReceivedRequest => {
    const there = known.get(event);
    if (there !== undefined) return there;
    const request = readApiRequest(event);
    const trace = makeTraceContext(request.headers, process.env['_X_AMZN_TRACE_ID']);
    const received = { request, trace, subject: readSubject(request) };
    known.set(event, received);
    return received;
  };

  /** Ends the segment and adds the trace to the response, for errors and replays too. */
  const finishTrace = (middyRequest: MiddyRequest) => {
    const { event, response } = middyRequest;
    const { trace, request } = receive(event);
    endRecording(middyRequest, trace, request.routeKey, response?.statusCode ?? 500);
    if (response === null || response === undefined) return;
    const { traceparent, tracestate } = trace;
    response.headers = { ...response.headers, traceparent, tracestate };
  };

  const traceMiddleware: Middleware = {
    before: async (middyRequest) => {
      const { trace, subject } = receive(middyRequest.event);
      appendTraceId(trace.traceId);
      await beginRecording(middyRequest, trace, subject);
    },
    after: finishTrace,
    onError: finishTrace,
  };

  const reportMiddleware: Middleware = {
    after: ({ event, response }) => {
      const status = response?.statusCode ?? 200;
      const { request, subject } = receive(event);
      report({ event: 'request.answered', status, route: request.routeKey }, subject);
    },
    onError: (request) => {
      const { error, event } = request;
      const { subject, request: received } = receive(event);
      const { routeKey: route } = received;
      const errorId = randomUUID();
      getCurrentSegment()?.annotate({ error_id: errorId });
      const response = makeErrorResponse(error, errorId);
      const status = response.statusCode ?? 500;
      // A 503 says that the stack protects itself, not that it has failed.
      if (status >= 500 && status !== 503) {
        report({ event: 'request.failed', errorId, status, route, cause: error }, subject);
      } else {
        // The evidence of a known error says more than its stack.
        const why =
          error instanceof FieldingJobsError
            ? { kind: error.name, ...formatEvidence(error) }
            : { cause: error };
        report({ event: 'request.refused', errorId, status, route, ...why }, subject);
      }
      request.response = response;
    },
  };

  return middy<APIGatewayProxyEventV2, ApiResponse>({
    timeoutEarlyInMillis: TIMEOUT_EARLY_MS,
  })
    .use(reportInvocation())
    .use(traceMiddleware)
    .use(reportMiddleware)
    .handler((event, context) => {
      const { request, trace } = receive(event);
      return handle(request, trace, context);
    });
}
