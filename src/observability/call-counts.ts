/** Adds up calls to AWS by their kind: a chunk makes hundreds, and a segment has at most 64 kB (ADR 33). */

/** How a call failed, in X-Ray's terms: `error` is the caller's, `fault` the callee's. */
export type CallFailure = 'error' | 'throttle' | 'fault';

/** A call to an AWS service that has ended. Times are epoch ms. */
export interface AwsCall {
  readonly service: string;
  readonly operation: string;
  /** The table or queue of the call, as `table_name` or `queue_url`. */
  readonly resource: Readonly<Record<string, string>>;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly failure?: CallFailure | undefined;
}

/** All calls of one kind: of one operation on one table or queue. */
export interface CallsOfKind {
  readonly call: AwsCall;
  startedAt: number;
  endedAt: number;
  count: number;
  readonly failures: Map<CallFailure, number>;
}

/** Most kinds in one segment, at up to 700 bytes each. In practice there are about ten. */
const MAX_KINDS = 50;

export class CallCounts {
  readonly #kinds = new Map<string, CallsOfKind>();

  add(call: AwsCall): void {
    const { service, operation, resource, startedAt, endedAt, failure } = call;
    const kind = [service, operation, ...Object.values(resource)].join(' ');
    const calls = this.#kinds.get(kind) ?? {
      call,
      startedAt,
      endedAt,
      count: 0,
      failures: new Map<CallFailure, number>(),
    };
    calls.startedAt = Math.min(calls.startedAt, startedAt);
    calls.endedAt = Math.max(calls.endedAt, endedAt);
    calls.count += 1;
    if (failure !== undefined) calls.failures.set(failure, (calls.failures.get(failure) ?? 0) + 1);
    if (this.#kinds.size < MAX_KINDS) this.#kinds.set(kind, calls);
  }

  list(): readonly CallsOfKind[] {
    return [...this.#kinds.values()];
  }
}
