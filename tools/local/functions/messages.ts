/** Defines the messages between a function's thread and the local stack. */

/** Describes the function to its thread. */
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

/** A message to the thread: one event to run. */
export interface Invocation {
  readonly requestId: string;
  /** JSON */
  readonly event: string;
  /** Epoch milliseconds at which the invocation times out. */
  readonly deadline: number;
  /** In the form of the header `X-Amzn-Trace-Id`. */
  readonly traceId: string;
}

/** An error as Lambda reports it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** A message from the thread. */
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

/**
 * Lambda's limit for the JSON of an event and of a synchronous answer, in bytes.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const PAYLOAD_LIMIT = 6_291_556;
