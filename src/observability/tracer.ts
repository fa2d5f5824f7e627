/**
 * Powertools' Tracer and the X-Ray SDK below it, which no other file knows (ADR 33). The first invocation
 * that Lambda samples loads this file (`recording.ts`), which is a bundle of its own: it has its own copies
 * of what it imports, so an `instanceof` of our classes would be false here.
 */
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Request } from '@middy/core';
import xray from 'aws-xray-sdk-core';
import type { Annotations } from './annotations.ts';
import { type CallFailure, CallCounts, type CallsOfKind } from './call-counts.ts';

/** How a request, a chunk or a run failed: `error` is the client's or passes by itself, `fault` is ours. */
export type Failure = 'error' | 'fault';

export interface SegmentOptions {
  /** In X-Ray's notation. The SDK takes any, also a client's random one, which begins with no time. */
  readonly xrayTraceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** The parent span, if there is one. */
  readonly parentId?: string | undefined;
  /** Fields by which the segment can be found. */
  readonly annotations: Annotations;
}

/** What X-Ray shows of a request and of its answer. */
export interface HttpData {
  readonly request: { readonly method: string | undefined; readonly url: string | undefined };
  readonly response: { readonly status: number };
}

/** The SDK would write lines of text into the log. What it cannot send is lost (ADR 33). */
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

class FieldingJobsTracer extends Tracer {
  /** @param isColdStart whether the invocation that loads the tracer is the first one of the instance */
  constructor(isColdStart: boolean) {
    // A subsegment per HTTPS request would be a second one for each call to AWS.
    super({ captureHTTPsRequests: false });
    // Powertools takes the first invocation that it sees for the cold start.
    if (!isColdStart) this.coldStart = false;
    this.provider.setLogger(SILENT);
  }
}

/** What the segments need of the code around them. */
export interface TracerHooks {
  /** Makes what X-Ray may show of an error. */
  readonly describeError: (error: unknown) => Error;
  /** Is called with what a segment failed with, instead of throwing it. */
  readonly onFailure: (cause: unknown) => void;
}

/** Makes the segments of one instance of a function. */
export class SegmentTracer {
  readonly #tracer: Tracer;
  readonly #hooks: TracerHooks;

  constructor(isColdStart: boolean, hooks: TracerHooks) {
    this.#tracer = new FieldingJobsTracer(isColdStart);
    this.#hooks = hooks;
  }

  /** Adds a middleware to the client that makes a subsegment of each call. */
  captureClient(client: DynamoDBClient | SQSClient): void {
    this.#tracer.captureAWSv3Client(client);
  }

  /** @returns undefined if the segment cannot be made */
  beginSegment(options: SegmentOptions): Segment | undefined {
    try {
      return new Segment(this.#tracer, options, this.#hooks);
    } catch (error) {
      this.#hooks.onFailure(error);
      return undefined;
    }
  }
}

/** The segment of a request, of an attempt at a chunk or of a run. Its methods never throw. */
export class Segment {
  /** Calls that are shown as one subsegment per kind when the segment ends. */
  readonly calls = new CallCounts();
  readonly #tracer: Tracer;
  readonly #segment: xray.Segment;
  /** Lambda's own segment, which was the current one before. */
  readonly #outer: ReturnType<Tracer['getSegment']>;
  readonly #handler: ReturnType<typeof captureLambdaHandler>;
  readonly #hooks: TracerHooks;

  constructor(tracer: Tracer, options: SegmentOptions, hooks: TracerHooks) {
    const { xrayTraceId, spanId, parentId, annotations } = options;
    this.#tracer = tracer;
    this.#hooks = hooks;
    this.#handler = captureLambdaHandler(tracer, { captureResponse: false });
    this.#segment = new xray.Segment(
      process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'unnamed',
      xrayTraceId,
      parentId,
    );
    // The SDK makes an id, but the answer and the messages name this one.
    this.#segment.id = spanId;
    this.#outer = tracer.getSegment();
    tracer.setSegment(this.#segment);
    this.annotate(annotations);
  }

  annotate(annotations: Annotations): void {
    this.#try(() => {
      for (const [name, value] of Object.entries(annotations)) {
        if (value !== undefined) this.#segment.addAnnotation(name, value);
      }
    });
  }

  /** Begins Powertools' subsegment of the handler, with the annotations `ColdStart` and `Service`. */
  beginHandler(request: Request): void {
    this.#try(() => this.#handler.before?.(request as never));
  }

  /**
   * Ends the subsegment of the handler.
   *
   * @param error what the handler failed with, if that is a fault
   */
  endHandler(request: Request, error: unknown, failure: Failure | undefined): void {
    this.#try(() => {
      if (failure === 'fault') {
        this.#handler.onError?.({ ...request, error: this.#hooks.describeError(error) });
        return;
      }
      if (failure === 'error') this.#tracer.getSegment()?.addErrorFlag();
      this.#handler.after?.(request as never);
    });
  }

  /** Shows the error in the segment itself. */
  addError(error: unknown): void {
    this.#try(() => {
      this.#tracer.addErrorAsMetadata(this.#hooks.describeError(error));
    });
  }

  /** Ends the segment and sends it. */
  end(failure?: Failure, http?: HttpData): void {
    this.#try(() => {
      for (const calls of this.calls.list()) this.#segment.addSubsegment(makeSubsegment(calls));
      if (failure === 'error') this.#segment.addErrorFlag();
      if (failure === 'fault') this.#segment.addFaultFlag();
      if (http !== undefined) Object.assign(this.#segment, { http });
      this.#segment.close();
    });
    this.#leave();
  }

  /** Makes sure that neither the segment nor what is still open in it is sent. */
  discard(): void {
    this.#segment.notTraced = true;
    this.#leave();
  }

  #leave(): void {
    this.#try(() => {
      if (this.#outer !== undefined) this.#tracer.setSegment(this.#outer);
    });
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#hooks.onFailure(error);
    }
  }
}

/** Makes the subsegment of all calls of one kind. It has ended, so the SDK sends it inside its segment. */
function makeSubsegment({ call, startedAt, endedAt, count, failures }: CallsOfKind): xray.Subsegment {
  const subsegment = new xray.Subsegment(call.service);
  subsegment.start_time = startedAt / 1000;
  subsegment.addAttribute('end_time', endedAt / 1000);
  delete subsegment.in_progress;
  subsegment.addAttribute('namespace', 'aws');
  subsegment.addAttribute('aws', {
    operation: call.operation,
    region: process.env['AWS_REGION'],
    ...call.resource,
  });
  subsegment.addMetadata('calls', { count, ...Object.fromEntries(failures) });
  for (const failure of failures.keys()) addFlags(subsegment, failure);
  return subsegment;
}

function addFlags(subsegment: xray.Subsegment, failure: CallFailure): void {
  if (failure === 'fault') {
    subsegment.addFaultFlag();
    return;
  }
  // X-Ray counts a throttled call as the caller's error too.
  subsegment.addErrorFlag();
  if (failure === 'throttle') subsegment.addThrottleFlag();
}

function ignore(): void {
  // A trace may be lost.
}
