/** Reads the headers and the body of a create request, and reports all faults at once. */
import type { CreateBody } from '../../api/create-body.ts';
import { API_VERSION, IDEMPOTENCY_KEY, VERSION_HEADER } from '../../api/header-names.ts';
import { MAX_FAULTS, MAX_KEY_LENGTH } from '../../api/limits.ts';
import { type Fault, InvalidRequestError } from '../domain/errors.ts';
import { ID_FORMAT, isId } from '../domain/ids.ts';
import { makeFault } from './invalid-param.ts';
import type { ApiRequest } from './message.ts';

const IDS = 'target_group_ids' satisfies keyof CreateBody;

export interface CreateRequest {
  readonly idempotencyKey: string;
  /** The ids as sent: in any order, with duplicates. */
  readonly targetGroupIds: readonly string[];
}

/**
 * @param maxTargetGroups most distinct target groups in one request
 * @throws InvalidRequestError that lists the faults, at most the first `MAX_FAULTS`
 */
export function parseCreateRequest(request: ApiRequest, maxTargetGroups: number): CreateRequest {
  const faults: Fault[] = [];
  const idempotencyKey = request.headers[IDEMPOTENCY_KEY];
  if (idempotencyKey === undefined || idempotencyKey === '' || idempotencyKey.length > MAX_KEY_LENGTH) {
    faults.push(makeFault(IDEMPOTENCY_KEY, `1 to ${MAX_KEY_LENGTH} characters`, idempotencyKey));
  }
  const version = request.headers[VERSION_HEADER];
  if (version !== undefined && version !== API_VERSION) {
    faults.push(makeFault(VERSION_HEADER, `the date ${API_VERSION}, or no such header`, version));
  }
  const { [IDS]: targetGroupIds } = readBody(request.body, maxTargetGroups, faults);
  if (faults.length > 0) throw new InvalidRequestError(faults.slice(0, MAX_FAULTS));
  return { idempotencyKey: idempotencyKey ?? '', targetGroupIds };
}

/** Reads the body. Its return type makes this fail to compile when the schema gets another field. */
function readBody(body: ApiRequest['body'], maxTargetGroups: number, faults: Fault[]): Required<CreateBody> {
  const known = faults.length;
  const value = readObject(body, faults);
  if (value === undefined) return { [IDS]: [] };
  for (const name of Object.keys(value)) {
    // An unknown field may be meant to change what we do, so it is refused (ADR 10).
    if (name !== IDS && faults.length < MAX_FAULTS) {
      faults.push(makeFault(name.slice(0, 100), `no field besides ${IDS}`, value[name]));
    }
  }
  const ids = readIds(value[IDS], maxTargetGroups, faults);
  // The parser keeps the last of several fields of one name. Which of them the client means, it cannot know.
  if (faults.length === known && typeof body === 'string' && countFields(body) > 1) {
    faults.push({ name: IDS, reason: 'expected one such field, found several' });
  }
  return { [IDS]: ids };
}

/** Counts the fields of all objects in a JSON text, which are as many as its colons outside of texts. */
function countFields(json: string): number {
  let fields = 0;
  let inText = false;
  for (let i = 0; i < json.length; i += 1) {
    const character = json[i];
    if (character === '\\') i += 1;
    else if (character === '"') inText = !inText;
    else if (character === ':' && !inText) fields += 1;
  }
  return fields;
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
    faults.push(makeFault('body', 'a JSON object', body === '' ? undefined : body));
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    faults.push(makeFault('body', 'a JSON object', value));
    return undefined;
  }
  return value as Record<string, unknown>;
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
