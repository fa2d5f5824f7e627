/**
 * The names of a trace and of a span in it, as W3C trace context writes them and as AWS X-Ray does.
 * Sources: https://www.w3.org/TR/trace-context/ (level 1),
 * https://docs.aws.amazon.com/xray/latest/api/API_PutTraceSegments.html
 */

/** Our own entry in a `tracestate`. */
export const TRACESTATE_KEY = 'fielding-jobs';

/** Characters of a `tracestate` that is passed on whole. */
export const MAX_TRACESTATE_LENGTH = 512;

/** One span of a trace, as a `traceparent` names it. */
export interface Span {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 hexadecimal digits, not all zero. */
  readonly spanId: string;
  /** Two hexadecimal digits, as they are to be passed on. */
  readonly flags: string;
  /** Whether whoever began the trace wants it recorded. */
  readonly sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** @returns undefined when the text is no `traceparent` */
export function parseTraceparent(text: string): Span | undefined {
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) {
    return undefined;
  }
  if (version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  // Version 00 has four fields; a later version may have more, of which we know nothing.
  if (version === '00' && rest !== undefined) return undefined;
  const sampled = (parseInt(flags, 16) & 1) === 1;
  // Of the flags of a version that we do not know, only `sampled` may be passed on.
  return { traceId, spanId, flags: version === '00' ? flags : sampled ? '01' : '00', sampled };
}

/** `1-5759e988-bd862e3fe1be46a994272793`: the same 32 digits, the first 8 of them set apart. */
export function xrayTraceId(traceId: string): string {
  return `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
}

/** A span as X-Ray's trace header names it. */
export function xrayHeader({ traceId, spanId, sampled }: Span): string {
  return `Root=${xrayTraceId(traceId)};Parent=${spanId};Sampled=${sampled ? '1' : '0'}`;
}

/**
 * Reads X-Ray's trace header.
 *
 * @returns undefined when it names no trace; without a parent where it names none
 */
export function parseXrayHeader(
  header: string,
): (Omit<Span, 'spanId' | 'flags'> & { readonly parentId: string | undefined }) | undefined {
  const [, time, random] = /(?:^|;)Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)/.exec(header) ?? [];
  if (time === undefined || random === undefined) return undefined;
  const parentId = /(?:^|;)Parent=([0-9a-f]{16})(?:;|$)/.exec(header)?.[1];
  return { traceId: time + random, parentId, sampled: /(?:^|;)Sampled=1(?:;|$)/.test(header) };
}
