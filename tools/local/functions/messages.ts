/** What a function's thread and the local stack say to each other. */

/** Everything a thread needs to know about its function. */
export interface InstanceData {
  /** The module's URL. */
  readonly module: string;
  readonly exportName: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMegabytes: number;
  readonly logGroup: string;
  readonly logStream: string;
}

/** To the thread: one event. */
export interface Invocation {
  readonly requestId: string;
  /** JSON */
  readonly event: string;
  /** Milliseconds since the epoch at which the invocation is cut off. */
  readonly deadline: number;
  /** As in the header `X-Amzn-Trace-Id`. */
  readonly traceId: string;
}

/** An error as Lambda reports it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** From the thread. */
export type InstanceMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'initFailed'; readonly error: FunctionError }
  | { readonly type: 'log'; readonly text: string }
  | { readonly type: 'succeeded'; readonly requestId: string; readonly payload: string }
  | { readonly type: 'failed'; readonly requestId: string; readonly error: FunctionError };

/** How an invocation ended. */
export type InvocationResult =
  | { readonly ok: true; /** JSON */ readonly payload: string }
  | { readonly ok: false; readonly error: FunctionError };

/** Lambda's limit for the JSON of an event and of a synchronous answer, in bytes. */
export const PAYLOAD_LIMIT = 6_291_556;
