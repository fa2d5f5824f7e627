/** Records a request: its segment, and in it Powertools' subsegment of the handler (ADR 33). */
import type { Request } from '@middy/core';
import { PREFLIGHT_ROUTE, UNKNOWN_ROUTE } from '../../api/routes.ts';
import { makeSubjectAnnotations } from '../observability/annotations.ts';
import { beginSegment, getCurrentSegment } from '../observability/recording.ts';
import type { TraceContext } from '../observability/trace-context.ts';
import type { Failure } from '../observability/tracer.ts';
import type { Subject } from '../ports/journal.ts';

export async function beginRecording(request: Request, trace: TraceContext, subject: Subject): Promise<void> {
  const segment = await beginSegment({
    ...trace,
    annotations: {
      ...makeSubjectAnnotations(subject),
      function_request_id: request.context.awsRequestId,
    },
  });
  segment?.beginHandler(request);
}

/** Ends the segment of the request, if it has one. */
export function endRecording(request: Request, trace: TraceContext, routeKey: string, status: number): void {
  const segment = getCurrentSegment();
  if (segment === undefined) return;
  // Clients without a valid token, or on an unknown route, must not write into a trace that they name.
  if (trace.continued && (status === 401 || [UNKNOWN_ROUTE, PREFLIGHT_ROUTE].includes(routeKey))) {
    segment.discard();
    return;
  }
  const failure = classifyStatus(status);
  segment.endHandler(request, request.error, failure);
  const [method, url] = routeKey.split(' ');
  segment.end(failure, { request: { method, url }, response: { status } });
}

function classifyStatus(status: number): Failure | undefined {
  if (status < 400) return undefined;
  return status < 500 ? 'error' : 'fault';
}
