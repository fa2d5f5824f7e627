/**
 * W3C trace context: what a request brings, what its answer says.
 * Source: https://www.w3.org/TR/trace-context/ (level 1).
 */
import { randomBytes } from 'node:crypto';

export interface TraceContext {
  readonly traceId: string;
  /** This request's own span, 16 hexadecimal digits. */
  readonly spanId: string;
  readonly traceparent: string;
  readonly tracestate: string;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MEMBER =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
/** Our own entry in `tracestate`. */
const VENDOR = 'fielding-jobs';
const MAX_MEMBERS = 32;
const MAX_LENGTH = 512;

/**
 * The context of a request. A `traceparent` that does not parse starts a new trace and is no error; then what
 * came as `tracestate` belongs to no trace and is dropped.
 *
 * @param xrayHeader the X-Ray trace header of the invocation: a new trace takes its id, so that both are one
 */
export function traceContext(
  headers: Readonly<Record<string, string | undefined>>,
  xrayHeader?: string,
): TraceContext {
  const incoming = parseTraceparent(headers['traceparent']);
  const { traceId, flags } = incoming ?? fromXray(xrayHeader) ?? { traceId: hex(16), flags: '00' };
  const spanId = hex(8);
  const state = incoming === undefined ? [] : parseTracestate(headers['tracestate']);
  return {
    traceId,
    spanId,
    traceparent: `00-${traceId}-${spanId}-${flags}`,
    tracestate: join([`${VENDOR}=${spanId}`, ...state]),
  };
}

/** The trace of a `traceparent` that we made. */
export function traceIdOf(traceparent: string): string {
  return traceparent.split('-')[1] ?? '';
}

function parseTraceparent(header: string | undefined): { traceId: string; flags: string } | undefined {
  const [, version, traceId, parentId, flags, rest] = TRACEPARENT.exec(header?.trim() ?? '') ?? [];
  if (version === undefined || traceId === undefined || parentId === undefined || flags === undefined)
    return undefined;
  if (version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  // Version 00 has four fields; a later version may have more, of which we know nothing.
  if (version === '00' && rest !== undefined) return undefined;
  return { traceId, flags: version === '00' ? flags : sampledOnly(flags) };
}

/** Of the flags of a version that we do not know, only `sampled` may be passed on. */
function sampledOnly(flags: string): string {
  return (parseInt(flags, 16) & 1) === 1 ? '01' : '00';
}

function fromXray(header: string | undefined): { traceId: string; flags: string } | undefined {
  const [, time, random] = /Root=1-([0-9a-f]{8})-([0-9a-f]{24})/.exec(header ?? '') ?? [];
  if (time === undefined || random === undefined) return undefined;
  return { traceId: time + random, flags: header?.includes('Sampled=1') === true ? '01' : '00' };
}

/** One member that is malformed makes the whole list void, as the specification has it. */
function parseTracestate(header: string | undefined): string[] {
  const members = (header ?? '')
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  if (!members.every((member) => MEMBER.test(member))) return [];
  return members.filter((member) => !member.startsWith(`${VENDOR}=`));
}

/** The newest entries first; what is too much falls off at the end. */
function join(members: readonly string[]): string {
  const kept: string[] = [];
  for (const member of members.slice(0, MAX_MEMBERS)) {
    if ([...kept, member].join(',').length > MAX_LENGTH) break;
    kept.push(member);
  }
  return kept.join(',');
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
