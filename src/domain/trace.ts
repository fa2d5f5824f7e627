/**
 * The ids of a trace and of a span in it, in the formats of W3C trace context and of AWS X-Ray (ADR 33).
 * Sources: https://www.w3.org/TR/trace-context-2/,
 * https://docs.aws.amazon.com/xray/latest/api/API_PutTraceSegments.html
 */

/** Key of our own entry in a `tracestate`. */
export const TRACESTATE_KEY = 'fielding-jobs';

/** Longest received `tracestate` that is passed on whole, in characters. */
export const MAX_RECEIVED_TRACESTATE = 512;

/** Longest `tracestate` that is passed on: the received one behind our own entry. */
export const MAX_TRACESTATE_LENGTH = MAX_RECEIVED_TRACESTATE + `${TRACESTATE_KEY}=,`.length + 16;

/** One span of a trace, as written in a `traceparent`. */
export interface Span {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 hexadecimal digits, not all zero. */
  readonly spanId: string;
  /** The flags to pass on, two hexadecimal digits. */
  readonly flags: string;
  /** Whether the caller that started the trace wants it recorded. */
  readonly sampled: boolean;
}

/** The flags that have a meaning: `sampled`, and `random-trace-id`. */
const KNOWN_FLAGS = 0b11;
const SAMPLED = 0b01;

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** @returns undefined when the text is not a valid `traceparent` */
export function parseTraceparent(text: string): Span | undefined {
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) {
    return undefined;
  }
  if (version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  // Version 00 has exactly four fields. A later version may have more, which are ignored.
  if (version === '00' && rest !== undefined) return undefined;
  // Other flags are zero on the way out (https://www.w3.org/TR/trace-context-2/#other-flags). Of a later version
  // only `sampled` is read (https://www.w3.org/TR/trace-context-2/#versioning-of-traceparent).
  const known = parseInt(flags, 16) & (version === '00' ? KNOWN_FLAGS : SAMPLED);
  return { traceId, spanId, flags: `0${known}`, sampled: (known & SAMPLED) !== 0 };
}

/** Formats a trace id as X-Ray does, with a dash after 8 digits: `1-5759e988-bd862e3fe1be46a994272793`. */
export function formatXrayTraceId(traceId: string): string {
  return `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
}

/** Formats a span as X-Ray's trace header. */
export function formatXrayHeader({ traceId, spanId, sampled }: Span): string {
  return `Root=${formatXrayTraceId(traceId)};Parent=${spanId};Sampled=${sampled ? '1' : '0'}`;
}

/**
 * Parses X-Ray's trace header.
 *
 * @returns undefined when the header has no trace id; `parentId` is undefined when it has no parent
 */
export function parseXrayHeader(
  header: string,
): (Omit<Span, 'spanId' | 'flags'> & { readonly parentId: string | undefined }) | undefined {
  const [, time, random] = /(?:^|;)Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)/.exec(header) ?? [];
  if (time === undefined || random === undefined) return undefined;
  const parentId = /(?:^|;)Parent=([0-9a-f]{16})(?:;|$)/.exec(header)?.[1];
  return { traceId: time + random, parentId, sampled: /(?:^|;)Sampled=1(?:;|$)/.test(header) };
}
