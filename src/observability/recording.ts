/**
 * Which invocations are recorded in X-Ray: those that Lambda samples, and no others (ADR 33). The first of
 * them loads the Tracer, so that all others cost nothing. No failure of it reaches the handler.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { formatXrayTraceId, parseXrayHeader } from '../domain/trace.ts';
import type { Annotations } from './annotations.ts';
import { report } from './report.ts';
import { makeTraceableError } from './traceable-error.ts';
import type * as TracerFile from './tracer.ts';
import type { Segment, SegmentTracer } from './tracer.ts';

/** A segment to begin. The ids are hexadecimal digits: 32 of the trace, 16 of a span. */
export interface SegmentStart {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string | undefined;
  readonly annotations: Annotations;
}

/** In a bundle, the file of the Tracer beside it (lib/functions/bundled-function.ts). */
declare const TRACER_FILE: string | undefined;

/** The clients to capture once the Tracer is loaded. */
const clients: (DynamoDBClient | SQSClient)[] = [];
let loading: Promise<SegmentTracer | undefined> | undefined;
let isColdStart = true;
let current: Segment | undefined;

/**
 * Whether Lambda samples the current invocation. Its variable says so, and changes with every invocation. A
 * client cannot set it: HTTP APIs do not pass a sampling decision on, and the flag of a `traceparent` is for
 * whoever else takes part in the trace.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
 */
export function isRecorded(): boolean {
  // Powertools' own variable. Without active tracing, Lambda still passes on what the queue's header says.
  if (process.env['POWERTOOLS_TRACE_ENABLED'] === 'false') return false;
  return readLambdaTrace()?.sampled === true;
}

/** Returns Lambda's own trace of the current invocation. */
export function readLambdaTrace(): ReturnType<typeof parseXrayHeader> {
  return parseXrayHeader(process.env['_X_AMZN_TRACE_ID'] ?? '');
}

/**
 * Makes each call of a client a subsegment, in recorded invocations. For functions with few calls.
 *
 * @returns the same client
 */
export function captureClient<T extends DynamoDBClient | SQSClient>(client: T): T {
  clients.push(client);
  return client;
}

/** Returns the segment of the current work. A function works on one request, or one chunk, at a time. */
export function getCurrentSegment(): Segment | undefined {
  return current;
}

/**
 * Begins a segment and makes it the current one, if the invocation is recorded. Every invocation must call
 * this before its work, so that the one of the cold start is known.
 */
export async function beginSegment(start: SegmentStart | undefined): Promise<Segment | undefined> {
  const isFirst = isColdStart;
  isColdStart = false;
  current = undefined;
  if (start === undefined || !isRecorded()) return undefined;
  loading ??= loadTracer(isFirst);
  const { traceId, spanId, parentId, annotations } = start;
  current = (await loading)?.beginSegment({
    xrayTraceId: formatXrayTraceId(traceId),
    spanId,
    parentId,
    annotations: { ...annotations, trace_id: traceId, ...describeLambdaTrace(traceId) },
  });
  return current;
}

async function loadTracer(isFirst: boolean): Promise<SegmentTracer | undefined> {
  try {
    // The SDK reads this when it is loaded, which is before Powertools sets it.
    process.env['AWS_XRAY_CONTEXT_MISSING'] ??= 'IGNORE_ERROR';
    const file = typeof TRACER_FILE === 'undefined' ? './tracer.ts' : TRACER_FILE;
    const { SegmentTracer: Loaded } = (await import(file)) as typeof TracerFile;
    const tracer = new Loaded(isFirst, { describeError: makeTraceableError, onFailure: reportFailure });
    for (const client of clients) tracer.captureClient(client);
    return tracer;
  } catch (cause) {
    reportFailure(cause);
    return undefined;
  }
}

function reportFailure(cause: unknown): void {
  report({ event: 'tracer.failed', cause });
}

/** Names Lambda's own trace of the invocation, if the segment is in another one. */
function describeLambdaTrace(traceId: string): Annotations {
  const lambda = readLambdaTrace();
  if (lambda === undefined || lambda.traceId === traceId) return {};
  return { lambda_trace_id: formatXrayTraceId(lambda.traceId) };
}
