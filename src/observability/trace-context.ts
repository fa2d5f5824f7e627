/**
 * W3C trace context of a request and of its answer (ADR 33).
 * Source: https://www.w3.org/TR/trace-context-2/
 */
import { randomBytes } from 'node:crypto';
import {
  MAX_RECEIVED_TRACESTATE,
  parseTraceparent,
  parseXrayHeader,
  TRACESTATE_KEY,
} from '../domain/trace.ts';

export interface TraceContext {
  readonly traceId: string;
  /** This request's own span, 16 hexadecimal digits. */
  readonly spanId: string;
  /** The parent span: the client's, or that of the invocation. */
  readonly parentId: string | undefined;
  /** The flag that is passed on: the client's, or Lambda's. It does not decide what is recorded (ADR 33). */
  readonly sampled: boolean;
  /** Whether it continues a client's trace. Otherwise a new trace began with this request. */
  readonly continued: boolean;
  readonly traceparent: string;
  readonly tracestate: string;
}

/** One entry of a `tracestate`: a key and a value. */
const MEMBER =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
/** Most entries of a `tracestate`, by the specification. */
const MAX_MEMBERS = 32;
/** Entries above this length are the first to be dropped from a `tracestate` that is too long. */
const LONG_MEMBER = 128;

/**
 * Makes the trace context of a request. Without a valid `traceparent` a new trace starts, and the request's
 * `tracestate` is dropped.
 *
 * @param xray the X-Ray trace header of the invocation, whose trace id a new trace takes
 */
export function makeTraceContext(
  headers: Readonly<Record<string, string | undefined>>,
  xray?: string,
): TraceContext {
  const incoming = parseTraceparent(headers['traceparent']?.trim() ?? '');
  const { traceId, parentId, sampled } =
    incoming === undefined
      ? (parseXrayHeader(xray ?? '') ?? startTrace())
      : { ...incoming, parentId: incoming.spanId };
  const spanId = makeSpanId();
  const state = incoming === undefined ? [] : parseTracestate(headers['tracestate']);
  return {
    traceId,
    spanId,
    parentId,
    sampled,
    continued: incoming !== undefined,
    traceparent: `00-${traceId}-${spanId}-${incoming?.flags ?? (sampled ? '01' : '00')}`,
    tracestate: joinMembers(`${TRACESTATE_KEY}=${spanId}`, state),
  };
}

/** Makes a random span id, 16 hexadecimal digits. */
export function makeSpanId(): string {
  return randomBytes(8).toString('hex');
}

/** Starts a new trace. Its id begins with the time in epoch seconds, as the trace ids of X-Ray do. */
function startTrace(): { traceId: string; parentId: undefined; sampled: boolean } {
  const seconds = Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(8, '0');
  return { traceId: seconds + randomBytes(12).toString('hex'), parentId: undefined, sampled: false };
}

/**
 * Lists the entries of a `tracestate` except our own. One malformed entry voids all, and so do more than 32:
 * the grammar has no list of 33. https://www.w3.org/TR/trace-context/#tracestate-header-field-values
 */
function parseTracestate(header: string | undefined): string[] {
  const members = (header ?? '')
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  if (members.length > MAX_MEMBERS || !members.every((member) => MEMBER.test(member))) return [];
  return members.filter((member) => !member.startsWith(`${TRACESTATE_KEY}=`));
}

/**
 * Joins our own entry and the received ones, the last of which makes room for ours when there are 32. Up to
 * 512 received characters are passed on. Of more, the long entries are dropped first, then those at the end,
 * until all with ours have 512: https://www.w3.org/TR/trace-context-2/#tracestate-limits
 */
function joinMembers(own: string, received: readonly string[]): string {
  const kept = received.slice(0, MAX_MEMBERS - 1);
  if (received.join(',').length > MAX_RECEIVED_TRACESTATE) {
    while ([own, ...kept].join(',').length > MAX_RECEIVED_TRACESTATE) {
      // Without a long one this is -1, which stands for the last.
      kept.splice(
        kept.findLastIndex(({ length }) => length > LONG_MEMBER),
        1,
      );
    }
  }
  return [own, ...kept].join(',');
}
