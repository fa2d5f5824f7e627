/**
 * W3C trace context: what a request brings, what its answer says.
 * Source: https://www.w3.org/TR/trace-context/ (level 1).
 */
import { randomBytes } from 'node:crypto';
import { MAX_TRACESTATE_LENGTH, parseTraceparent, parseXrayHeader, TRACESTATE_KEY } from '../domain/trace.ts';

export interface TraceContext {
  readonly traceId: string;
  /** This request's own span, 16 hexadecimal digits. */
  readonly spanId: string;
  /** The span that it belongs to: the client's, or that of the invocation. */
  readonly parentId: string | undefined;
  /** Whether it is recorded. */
  readonly sampled: boolean;
  /** Whether it is a client's trace; else it began here. */
  readonly continued: boolean;
  readonly traceparent: string;
  readonly tracestate: string;
}

const MEMBER =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MAX_MEMBERS = 32;

/**
 * The context of a request. A `traceparent` that does not parse starts a new trace and is no error; then what
 * came as `tracestate` belongs to no trace and is dropped.
 *
 * @param xray the X-Ray trace header of the invocation: a new trace takes its id, so that both are one
 */
export function traceContext(
  headers: Readonly<Record<string, string | undefined>>,
  xray?: string,
): TraceContext {
  const incoming = parseTraceparent(headers['traceparent']?.trim() ?? '');
  const { traceId, parentId, sampled } =
    incoming === undefined
      ? (parseXrayHeader(xray ?? '') ?? newTrace())
      : { ...incoming, parentId: incoming.spanId };
  const spanId = newSpanId();
  const state = incoming === undefined ? [] : parseTracestate(headers['tracestate']);
  return {
    traceId,
    spanId,
    parentId,
    sampled,
    continued: incoming !== undefined,
    traceparent: `00-${traceId}-${spanId}-${incoming?.flags ?? (sampled ? '01' : '00')}`,
    tracestate: join([`${TRACESTATE_KEY}=${spanId}`, ...state]),
  };
}

/** 16 hexadecimal digits. */
export function newSpanId(): string {
  return randomBytes(8).toString('hex');
}

/** Begins with the time, as the traces that X-Ray itself begins do. */
function newTrace(): { traceId: string; parentId: undefined; sampled: boolean } {
  const seconds = Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(8, '0');
  return { traceId: seconds + randomBytes(12).toString('hex'), parentId: undefined, sampled: false };
}

/** One member that is malformed makes the whole list void, as the specification has it. */
function parseTracestate(header: string | undefined): string[] {
  const members = (header ?? '')
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  if (!members.every((member) => MEMBER.test(member))) return [];
  return members.filter((member) => !member.startsWith(`${TRACESTATE_KEY}=`));
}

/** The newest entries first; what is too much falls off at the end. */
function join(members: readonly string[]): string {
  const kept: string[] = [];
  for (const member of members.slice(0, MAX_MEMBERS)) {
    if ([...kept, member].join(',').length > MAX_TRACESTATE_LENGTH) break;
    kept.push(member);
  }
  return kept.join(',');
}
