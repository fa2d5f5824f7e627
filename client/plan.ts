/** What a request comes to before anything is sent: its key, and the jobs that it takes. */
import { randomUUID } from 'node:crypto';
import { MAX_TARGET_GROUPS } from '../api/limits.ts';
import { ACTION_NAMES, type Action, isAction } from '../src/domain/actions.ts';
import { ID_FORMAT, isId, MAX_ACCOUNT_ID } from '../src/domain/ids.ts';
import { shown } from '../tools/kit/printable.ts';
import { InputError } from './errors.ts';
import { checkKey, partKey } from './keys.ts';
import { split } from './split.ts';

/** So many distinct target groups the API takes in one job, unless the deployment set less. */
export const MAX_PER_JOB = MAX_TARGET_GROUPS;

export interface JobRequest {
  readonly action: Action;
  readonly account: number;
  readonly project: string;
  /** Target groups; order and duplicates do not matter. */
  readonly ids: Iterable<string>;
  /** Repeat a request with the same key and it does nothing twice. Default: a random UUID. */
  readonly key?: string | undefined;
  /** Most target groups in one job. Part of what a key stands for: do not change it between repeats. */
  readonly maxPerJob?: number | undefined;
}

export interface JobPart {
  /** From 1. */
  readonly part: number;
  readonly parts: number;
  /** The idempotency key of this job alone. */
  readonly key: string;
  readonly ids: readonly string[];
}

export interface JobPlan {
  readonly action: Action;
  readonly account: number;
  readonly project: string;
  readonly key: string;
  /** Distinct target groups. */
  readonly count: number;
  readonly jobs: readonly JobPart[];
}

/** @throws InputError */
export function planOf(request: JobRequest): JobPlan {
  const { action, account, project, key = randomUUID(), maxPerJob = MAX_PER_JOB } = request;
  if (!isAction(action)) throw expected('action', action, ACTION_NAMES.join(', '));
  if (!isWhole(account, MAX_ACCOUNT_ID)) {
    throw expected('account', account, `a whole number from 1 to ${MAX_ACCOUNT_ID}`);
  }
  if (!isId(project)) throw expected('project', project, ID_FORMAT);
  if (!isWhole(maxPerJob, MAX_PER_JOB)) {
    throw expected('target groups per job', maxPerJob, `a whole number from 1 to ${MAX_PER_JOB}`);
  }
  checkKey(key);
  const ids = [...request.ids];
  ids.forEach((id, i) => {
    if (!isId(id)) throw expected(`ids[${i}]`, id, ID_FORMAT);
  });
  const parts = split(ids, maxPerJob);
  if (parts.length === 0) throw expected('ids', undefined, 'at least one target group');
  return {
    action,
    account,
    project,
    key,
    count: parts.reduce((sum, part) => sum + part.length, 0),
    jobs: parts.map((part, i) => ({
      part: i + 1,
      parts: parts.length,
      key: partKey(key, i + 1),
      ids: part,
    })),
  };
}

function isWhole(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

function expected(field: string, found: unknown, what: string): InputError {
  return new InputError(`${field}: found ${shown(found)}, expected ${what}`);
}
