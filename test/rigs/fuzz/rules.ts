/** Judges answers: each must follow the contract, or come from the gateway where that is allowed. */
import type { z } from 'zod';
import { MAX_TRACESTATE_LENGTH, TRACESTATE_KEY } from '../../../src/domain/trace.ts';
import { errorBody, fieldingRunsBody, gatewayBody, jobBody } from '../../../api/answers.ts';
import { ERROR_OBJECTS, isErrorStatus } from '../../../api/error-objects.ts';
import { IDEMPOTENT_REPLAYED, JOB_PROGRESS } from '../../../api/header-names.ts';
import { MAX_BODY_BYTES } from '../../../api/limits.ts';
import { makeJobPath, readJobPath } from '../../../api/paths.ts';
import { type Scope, SCOPE_OF } from '../../../api/scopes.ts';
import { parseJson } from '../../../tools/kit/json.ts';
import type { Leaks } from './leaks.ts';
import type { FuzzRequest } from './fuzz-requests.ts';
import type { NoAnswer, WireAnswer } from './wire.ts';
import type { FuzzTargets } from './fuzz-targets.ts';

/** Kinds of answers to a create: the job is new, or the answer is a replay. */
export const CREATED = '201';
export const REPLAYED = '201 replayed';

export interface Verdict {
  /** The source of the answer: a route, `$default` for an unknown one, the gateway, or nobody. */
  readonly by: string;
  /** The status, and a word where answers of one status differ. */
  readonly kind: string;
  /** The broken rules, in words. */
  readonly violations: string[];
  /** The `id` of an error. */
  readonly errorId?: string;
  /** The address of the created job. */
  readonly location?: string;
}

/** A body up to this size, in bytes, reaches its function: even fully escaped it fits into an event. */
const SURELY_TAKEN = 500_000;

/** The gateway accepts headers with their request line up to this many bytes, and this many headers. */
const HEAD_TAKEN = 200_000;
const LINES_TAKEN = 600;

/** The largest allowed error, in characters: it must not grow with its request. */
const LARGEST_ERROR = 64 * 1024;

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;
const UNKNOWN_ROUTE = 'There is nothing at this address.';

/** Statuses of the gateway's own answers to requests that it does not pass on. */
const GATEWAY_STATUSES = new Set([400, 408, 413, 417, 431]);

export function judgeAnswer(
  request: FuzzRequest,
  answer: WireAnswer | NoAnswer,
  targets: FuzzTargets,
  leaks: Leaks,
): Verdict {
  const { broken, route } = request;
  if (typeof answer === 'string') {
    // The gateway refuses a large body before its end; a client that is still sending may lose the answer.
    const allowed = answer === 'closed' && (broken || request.body.length > MAX_BODY_BYTES);
    return { by: 'nobody', kind: answer, violations: allowed ? [] : [`no answer: ${answer}`] };
  }
  const { status, headers, body } = answer;
  const violations = leaks
    .findLeaks(`${[...headers].join('\n')}\n${body}`)
    .map((what) => `${what} in the answer`);
  if ((status < 200 || status > 499) && !isRefusalForNow(answer)) violations.push(`status ${status}`);
  if (!headers.has('traceparent')) {
    const allowed = (broken || isLarge(request)) && GATEWAY_STATUSES.has(status);
    if (!allowed) violations.push(`the gateway answered ${status} by itself`);
    violations.push(...findShapeFaults(gatewayBody, request, answer));
    return { by: 'gateway', kind: String(status), violations };
  }
  violations.push(...findTraceFaults(request, headers));
  if (status < 300) return { by: route, ...judgeSuccess(request, answer, targets, violations) };

  violations.push(...findShapeFaults(errorBody, request, answer));
  if (body.length > LARGEST_ERROR) violations.push(`an error of ${body.length} characters`);
  const error = errorBody.safeParse(parseJson(body)).data;
  if (error === undefined)
    return { by: request.method === 'HEAD' ? '$default' : route, kind: String(status), violations };
  const object = isErrorStatus(status) ? ERROR_OBJECTS[status] : undefined;
  if (error.object !== object) violations.push(`${status} with ${error.object}`);
  const listed = error.invalid_params !== undefined;
  if (listed !== (status === 400)) violations.push(`${status} ${listed ? 'with' : 'without'} invalid_params`);
  if ((status === 401) !== headers.has('www-authenticate')) violations.push(`www-authenticate and ${status}`);
  if (FOR_NOW.has(status) !== headers.has('retry-after')) violations.push(`retry-after and ${status}`);
  const reused = error.detail.startsWith('The idempotency key was used');
  return {
    by: error.detail === UNKNOWN_ROUTE ? '$default' : route,
    kind: reused ? `${status} key reused` : String(status),
    violations,
    errorId: error.id,
  };
}

/** At a limit of open work. */
const FOR_NOW: ReadonlySet<number> = new Set([429, 503]);

function isRefusalForNow({ status, headers }: WireAnswer): boolean {
  return FOR_NOW.has(status) && /^[1-9]\d*$/.test(headers.get('retry-after') ?? '');
}

/** Whether the gateway may refuse the request for its size. */
function isLarge({ target, headers, body }: FuzzRequest): boolean {
  const head = headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, target.length);
  return head > HEAD_TAKEN || headers.length > LINES_TAKEN || body.length > SURELY_TAKEN;
}

function judgeSuccess(
  request: FuzzRequest,
  answer: WireAnswer,
  targets: FuzzTargets,
  violations: string[],
): Omit<Verdict, 'by'> {
  const { status, headers, body } = answer;
  const scope = SCOPE_OF[status === 201 ? 'createJob' : 'getJob'];
  // The bytes of a broken request may contain another token than its headers.
  if (!request.broken && !mayPass(request, scope, targets)) violations.push('passed without a token for it');
  if (status === 200) {
    violations.push(
      ...findShapeFaults(headers.has(JOB_PROGRESS) ? jobBody : fieldingRunsBody, request, answer),
    );
    return { kind: '200', violations };
  }
  if (status !== 201) violations.push(`status ${status}`);
  if (body !== '') violations.push('a 201 with a body');
  const location = headers.get('location') ?? '';
  const job = readJobPath(location);
  if (job?.accountId !== targets.tenant.accountId || makeJobPath(job, job.action, job.jobId) !== location)
    violations.push(`location ${location}`);
  if (location.includes(targets.foreign.tenant.projectId))
    violations.push("a job in another tenant's project");
  if (!request.broken && !hasOnlyIds(request.body)) violations.push('created with unknown fields');
  const replayed = headers.get(IDEMPOTENT_REPLAYED) === 'true';
  return { kind: replayed ? REPLAYED : CREATED, violations, location };
}

/** Whether there is exactly one Authorization header, with a token of the account and the scope. */
function mayPass({ headers }: FuzzRequest, scope: Scope, { tokens, tenant }: FuzzTargets): boolean {
  const given = headers.filter(([name]) => name.toLowerCase() === 'authorization');
  const [, value = ''] = given[0] ?? [];
  const text = /^bearer +(\S+)$/i.exec(value.trim())?.[1];
  const token = tokens.find((each) => each.text === text);
  if (given.length !== 1 || token === undefined) return false;
  return token.accounts.includes(tenant.accountId) && token.scopes.includes(scope);
}

function hasOnlyIds(body: Buffer): boolean {
  const value = parseJson(body.toString().replace(/^\ufeff/, ''));
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'target_group_ids';
}

/** Checks that the trace headers match each other, and continue a single well-formed traceparent. */
function findTraceFaults(request: FuzzRequest, headers: WireAnswer['headers']): string[] {
  const traceparent = headers.get('traceparent') ?? '';
  const tracestate = headers.get('tracestate') ?? '';
  const [, traceId, spanId] = TRACEPARENT.exec(traceparent) ?? [];
  const faults: string[] = [];
  if (traceId === undefined || spanId === undefined) faults.push(`traceparent ${traceparent}`);
  if (tracestate.split(',')[0] !== `${TRACESTATE_KEY}=${String(spanId)}`)
    faults.push(`tracestate ${tracestate}`);
  if (tracestate.length > MAX_TRACESTATE_LENGTH || /[^\x20-\x7e]/.test(tracestate))
    faults.push('tracestate too long, or no text');
  const given = request.headers.filter(([name]) => name === 'traceparent');
  const sent = given.length === 1 ? TRACEPARENT.exec(given[0]?.[1] ?? '')?.[1] : undefined;
  if (!request.broken && sent !== undefined && sent !== traceId)
    faults.push('another trace than the one sent');
  return faults;
}

function findShapeFaults(
  schema: z.ZodType,
  { method }: FuzzRequest,
  { status, headers, body }: WireAnswer,
): string[] {
  if (headers.get('content-type') !== 'application/json')
    return [`${status} as ${String(headers.get('content-type'))}`];
  // An answer to HEAD has no body.
  if (method === 'HEAD' && body === '') return [];
  const result = schema.safeParse(parseJson(body));
  return result.success ? [] : [`${status} of another shape: ${result.error.message}: ${body.slice(0, 300)}`];
}
