/**
 * Trace segments for AWS X-Ray: one per request and per attempt at a chunk, in the trace of the client's
 * call, with the calls to AWS that were made (ADR 22).
 *
 * Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
 */
import { parseXrayHeader, formatXrayTraceId } from '../domain/trace.ts';
import { makeSpanId } from './trace-context.ts';
import { findDaemon, sendToDaemon } from './xray-daemon.ts';

/**
 * How a request, a chunk or a call failed, in X-Ray's terms: `error` is the caller's, `fault` the callee's.
 */
export type Failure = 'error' | 'throttle' | 'fault';

export interface SegmentOptions {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** The parent span, if there is one. */
  readonly parentId?: string | undefined;
  readonly sampled: boolean;
  /** Fields by which the segment can be found. Undefined ones are left out. */
  readonly annotations: Annotations;
}

export type Annotations = Readonly<Record<string, string | number | undefined>>;

/** A call to an AWS service that has ended. Times are epoch ms. */
export interface AwsCall {
  readonly service: string;
  readonly operation: string;
  /** The table or queue of the call, as `table_name` or `queue_url`. */
  readonly resource: Readonly<Record<string, string>>;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly failure?: Failure | undefined;
}

/** All calls of one kind, added up: a chunk makes hundreds of calls, and a document has at most 64 kB. */
interface Calls {
  readonly call: AwsCall;
  start: number;
  end: number;
  count: number;
  readonly failures: Map<Failure, number>;
}

/** Most kinds of calls in one segment, at some 300 bytes each. In practice there are about ten. */
const MAX_KINDS = 100;

export class Segment {
  readonly #options: SegmentOptions;
  readonly #start = Date.now();
  readonly #calls = new Map<string, Calls>();
  #annotations: Annotations;
  #ended = false;

  constructor(options: SegmentOptions) {
    this.#options = options;
    this.#annotations = options.annotations;
  }

  annotate(annotations: Annotations): void {
    this.#annotations = { ...this.#annotations, ...annotations };
  }

  add(call: AwsCall): void {
    if (this.#ended) return;
    const kind = [call.service, call.operation, ...Object.values(call.resource)].join(' ');
    const calls = this.#calls.get(kind) ?? {
      call,
      start: call.startedAt,
      end: call.endedAt,
      count: 0,
      failures: new Map<Failure, number>(),
    };
    calls.start = Math.min(calls.start, call.startedAt);
    calls.end = Math.max(calls.end, call.endedAt);
    calls.count += 1;
    if (call.failure !== undefined) {
      calls.failures.set(call.failure, (calls.failures.get(call.failure) ?? 0) + 1);
    }
    if (this.#calls.size < MAX_KINDS) this.#calls.set(kind, calls);
  }

  /** Ends the segment and sends it. A second call does nothing. */
  end(failure?: Failure, http?: object): void {
    if (this.#ended) return;
    this.#ended = true;
    const { traceId, spanId, parentId } = this.#options;
    sendToDaemon({
      name: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'unnamed',
      id: spanId,
      trace_id: formatXrayTraceId(traceId),
      ...(parentId !== undefined && { parent_id: parentId }),
      start_time: this.#start / 1000,
      end_time: Date.now() / 1000,
      ...makeFailureFlags(failure),
      ...(http && { http }),
      annotations: { ...this.#annotations, ...readLambdaTrace(traceId) },
      subsegments: [...this.#calls.values()].map(makeSubsegment),
    });
  }

  /** Ends the segment without sending it. */
  discard(): void {
    this.#ended = true;
  }
}

let current: Segment | undefined;

/** Returns the segment to which calls are added. A function works on one request, or one chunk, at a time. */
export function getCurrentSegment(): Segment | undefined {
  return current;
}

/** Begins a segment and makes it the current one. Begins none without a daemon or for an unrecorded trace. */
export function beginSegment(options: SegmentOptions | undefined): Segment | undefined {
  current = options?.sampled === true && findDaemon() ? new Segment(options) : undefined;
  return current;
}

function makeSubsegment({ call, start, end, count, failures }: Calls): object {
  return {
    id: makeSpanId(),
    name: call.service,
    namespace: 'aws',
    start_time: start / 1000,
    end_time: end / 1000,
    ...Object.fromEntries(
      [...failures.keys()].flatMap((failure) => Object.entries(makeFailureFlags(failure))),
    ),
    aws: { operation: call.operation, region: process.env['AWS_REGION'], ...call.resource },
    metadata: { calls: { count, ...Object.fromEntries(failures) } },
  };
}

function makeFailureFlags(failure: Failure | undefined): Readonly<Record<string, true>> {
  // X-Ray counts a throttled call as the caller's error too.
  return failure === undefined ? {} : { [failure]: true, ...(failure === 'throttle' && { error: true }) };
}

/** Returns Lambda's own trace id of the invocation as an annotation, if it is not the segment's trace. */
function readLambdaTrace(traceId: string): Annotations {
  const lambda = parseXrayHeader(process.env['_X_AMZN_TRACE_ID'] ?? '');
  if (lambda === undefined || lambda.traceId === traceId) return {};
  return { lambda_trace_id: formatXrayTraceId(lambda.traceId) };
}
