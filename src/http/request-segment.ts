/** The X-Ray segment of a request (ADR 22). */
import { UNKNOWN_ROUTE } from '../../api/routes.ts';
import type { Subject } from '../ports/journal.ts';
import { makeSubjectAnnotations } from '../observability/annotations.ts';
import type { TraceContext } from '../observability/trace-context.ts';
import { beginSegment, getCurrentSegment, type Failure } from '../observability/xray.ts';

export function beginRequestSegment(trace: TraceContext, subject: Subject, requestId: string): void {
  beginSegment({
    ...trace,
    annotations: { ...makeSubjectAnnotations(subject), function_request_id: requestId },
  });
}

/** Ends the segment of the request, if its trace is recorded. */
export function endRequestSegment(trace: TraceContext, routeKey: string, status: number): void {
  // Clients without a valid token, or on an unknown route, must not decide what is recorded.
  if (trace.continued && (status === 401 || routeKey === UNKNOWN_ROUTE)) {
    getCurrentSegment()?.discard();
    return;
  }
  const [method, url] = routeKey.split(' ');
  getCurrentSegment()?.end(classifyStatus(status), { request: { method, url }, response: { status } });
}

function classifyStatus(status: number): Failure | undefined {
  if (status < 400) return undefined;
  return status < 500 ? 'error' : 'fault';
}
