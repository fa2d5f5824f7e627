/** Reads the headers and the body of a create request: all faults of both at once. */
import { type Fault, InvalidRequestError } from '../domain/errors.ts';
import { ID_FORMAT, isId } from '../domain/ids.ts';
import { MAX_FAULTS, fault } from './faults.ts';
import type { ApiRequest } from './message.ts';

export const API_VERSION = '2025-12-18';

export const MAX_KEY_LENGTH = 255;

export interface CreateRequest {
  readonly idempotencyKey: string;
  /** As sent: any order, with duplicates. */
  readonly targetGroupIds: readonly string[];
}

/**
 * @param maxTargetGroups how many distinct target groups one request may name
 * @throws InvalidRequestError that lists the faults, at most the first 100
 */
export function parseCreateRequest(request: ApiRequest, maxTargetGroups: number): CreateRequest {
  const faults: Fault[] = [];
  const idempotencyKey = request.headers['idempotency-key'];
  if (idempotencyKey === undefined || idempotencyKey === '' || idempotencyKey.length > MAX_KEY_LENGTH) {
    faults.push(fault('idempotency-key', `1 to ${MAX_KEY_LENGTH} characters`, idempotencyKey));
  }
  const version = request.headers['cint-api-version'];
  if (version !== undefined && version !== API_VERSION) {
    faults.push(fault('cint-api-version', `the date ${API_VERSION}, or no such header`, version));
  }
  const targetGroupIds = readBody(request.body, maxTargetGroups, faults);
  if (faults.length > 0) throw new InvalidRequestError(faults.slice(0, MAX_FAULTS));
  return { idempotencyKey: idempotencyKey ?? '', targetGroupIds };
}

function readBody(body: ApiRequest['body'], maxTargetGroups: number, faults: Fault[]): readonly string[] {
  if (typeof body !== 'string') {
    faults.push(body);
    return [];
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    faults.push(fault('body', 'a JSON object', body === '' ? undefined : body));
    return [];
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    faults.push(fault('body', 'a JSON object', value));
    return [];
  }
  for (const name of Object.keys(value)) {
    // An unknown field may be meant to change what we do; doing it regardless would be worse than refusing.
    if (name !== 'target_group_ids' && faults.length < MAX_FAULTS) {
      faults.push(
        fault(
          name.slice(0, 100),
          'no field besides target_group_ids',
          (value as Record<string, unknown>)[name],
        ),
      );
    }
  }
  return readIds((value as Record<string, unknown>)['target_group_ids'], maxTargetGroups, faults);
}

function readIds(ids: unknown, maxTargetGroups: number, faults: Fault[]): readonly string[] {
  const name = 'target_group_ids';
  if (!Array.isArray(ids) || ids.length === 0) {
    faults.push(fault(name, `an array of 1 to ${maxTargetGroups} target group ids`, ids));
    return [];
  }
  const valid: string[] = [];
  for (const [i, id] of ids.entries()) {
    if (isId(id)) valid.push(id);
    else if (faults.push(fault(`${name}[${i}]`, ID_FORMAT, id)) >= MAX_FAULTS) break;
  }
  // Of ids alone: the hash of a number has no secret, so that a set of chosen numbers takes time by its square.
  const distinct = new Set(valid).size;
  if (distinct > maxTargetGroups) {
    faults.push({ name, reason: `expected 1 to ${maxTargetGroups} distinct ids, found ${distinct}` });
  }
  return valid;
}
