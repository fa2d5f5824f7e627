/** Reads the headers and the body of a create request, and reports all faults at once. */
import type { CreateBody } from '../../api/create-body.ts';
import { API_VERSION, IDEMPOTENCY_KEY, VERSION_HEADER } from '../../api/header-names.ts';
import { KEY_FORMAT, KEY_PATTERN, MAX_FAULTS } from '../../api/limits.ts';
import { type Fault, InvalidRequestError, UnsupportedEncodingError } from '../domain/errors.ts';
import { ID_FORMAT, isId } from '../domain/ids.ts';
import { makeFault } from './invalid-param.ts';
import { describePosition, scanJson } from './json-text.ts';
import type { ApiRequest } from './message.ts';

const IDS = 'target_group_ids' satisfies keyof CreateBody;

export interface CreateRequest {
  readonly idempotencyKey: string;
  /** The ids as sent: in any order, with duplicates. */
  readonly targetGroupIds: readonly string[];
}

/**
 * @param maxTargetGroups most distinct target groups in one request
 * @throws UnsupportedEncodingError for a body that is compressed
 * @throws InvalidRequestError that lists the faults, at most the first `MAX_FAULTS`
 */
export function parseCreateRequest(request: ApiRequest, maxTargetGroups: number): CreateRequest {
  requireNoEncoding(request.headers['content-encoding']);
  const faults: Fault[] = [];
  const idempotencyKey = request.headers[IDEMPOTENCY_KEY];
  if (idempotencyKey === undefined || !KEY_PATTERN.test(idempotencyKey)) {
    faults.push(makeFault(IDEMPOTENCY_KEY, KEY_FORMAT, idempotencyKey));
  }
  const version = request.headers[VERSION_HEADER];
  if (version !== undefined && version !== API_VERSION) {
    faults.push(makeFault(VERSION_HEADER, `the date ${API_VERSION}, or no such header`, version));
  }
  const { [IDS]: targetGroupIds } = readBody(request.body, maxTargetGroups, faults);
  if (faults.length > 0) throw new InvalidRequestError(faults.slice(0, MAX_FAULTS));
  return { idempotencyKey: idempotencyKey ?? '', targetGroupIds };
}

/**
 * Refuses a compressed body. A body of 10,000 ids has 300 kB, so compressing it saves a client little. And
 * the gateway may have destroyed it, as it passes on a body as text or as Base64 by the type of its content.
 */
function requireNoEncoding(encodings = ''): void {
  for (const encoding of encodings.split(',')) {
    if (!['', 'identity'].includes(encoding.trim().toLowerCase())) {
      throw new UnsupportedEncodingError('The body has a content encoding.');
    }
  }
}

/** Reads the body. Its return type makes this fail to compile when the schema gets another field. */
function readBody(body: ApiRequest['body'], maxTargetGroups: number, faults: Fault[]): Required<CreateBody> {
  const value = readObject(body, faults);
  if (value === undefined) return { [IDS]: [] };
  for (const name of Object.keys(value)) {
    // An unknown field may be meant to change what we do, so it is refused (ADR 10).
    if (name !== IDS && faults.length < MAX_FAULTS) {
      faults.push(makeFault(name.slice(0, 100), `no field besides ${IDS}`, value[name]));
    }
  }
  // The parser keeps the last of several fields of one name. Which of them the client means, it cannot know.
  if (typeof body === 'string' && scanJson(body, IDS).count > 1) {
    faults.push({ name: IDS, reason: 'expected one such field, found several' });
    return { [IDS]: [] };
  }
  return { [IDS]: readIds(value[IDS], maxTargetGroups, faults) };
}

function readObject(body: ApiRequest['body'], faults: Fault[]): Record<string, unknown> | undefined {
  if (typeof body !== 'string') {
    faults.push(body);
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    faults.push(describeBrokenJson(body));
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    faults.push(makeFault('body', 'a JSON object', value));
    return undefined;
  }
  return value as Record<string, unknown>;
}

function describeBrokenJson(body: string): Fault {
  const { faultAt = 0 } = scanJson(body, IDS);
  if (body === '') return makeFault('body', 'a JSON object', undefined);
  const rest = body.slice(faultAt);
  return makeFault('body', `JSON at ${describePosition(body, faultAt)}`, rest === '' ? undefined : rest);
}

function readIds(ids: unknown, maxTargetGroups: number, faults: Fault[]): string[] {
  if (!Array.isArray(ids) || ids.length === 0) {
    faults.push(makeFault(IDS, `an array of 1 to ${maxTargetGroups} target group ids`, ids));
    return [];
  }
  const valid: string[] = [];
  for (const [i, id] of ids.entries()) {
    if (isId(id)) valid.push(id);
    else if (faults.push(makeFault(`${IDS}[${i}]`, ID_FORMAT, id)) >= MAX_FAULTS) break;
  }
  // Only valid ids go into the set: hashes of numbers can be predicted, so chosen numbers could make it slow.
  const distinct = new Set(valid).size;
  if (distinct > maxTargetGroups) {
    faults.push({ name: IDS, reason: `expected 1 to ${maxTargetGroups} distinct ids, found ${distinct}` });
  }
  return valid;
}
