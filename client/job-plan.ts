/** Plans a request before anything is sent: its key and its jobs. */
import { randomUUID } from 'node:crypto';
import { MAX_TARGET_GROUPS } from '../api/limits.ts';
import { ACTION_NAMES, type Action, isAction } from '../src/domain/actions.ts';
import { ID_FORMAT, isId, MAX_ACCOUNT_ID } from '../src/domain/ids.ts';
import { quoteExcerpt } from '../tools/kit/printable.ts';
import { InputError } from './client-errors.ts';
import { checkKey, derivePartKey } from './keys.ts';
import { splitIds } from './split.ts';

/** Maximum number of distinct target groups in one job. A deployment may set a lower limit. */
export const MAX_PER_JOB = MAX_TARGET_GROUPS;

/** A request for an action on any number of target groups. */
export interface JobRequest {
  readonly action: Action;
  /** A whole number from 1. */
  readonly account: number;
  readonly project: string;
  /** Ids of target groups. Order and duplicates do not matter. */
  readonly ids: Iterable<string>;
  /**
   * Idempotency key, of 1 to 255 characters of printable ASCII without a comma. A repeat with the same key
   * does nothing twice. Default: a random UUID.
   */
  readonly key?: string | undefined;
  /** Maximum number of target groups in one job, 1 to 10,000 (default). A repeat must use the same number. */
  readonly maxPerJob?: number | undefined;
}

/** One job of a request. */
export interface JobPart {
  /** The number of this job among the jobs of the request, from 1. */
  readonly part: number;
  /** Number of jobs of the request. */
  readonly parts: number;
  /** The idempotency key of this job alone. */
  readonly key: string;
  /** Distinct target groups, sorted. */
  readonly ids: readonly string[];
}

/** The jobs that a request is split into. */
export interface JobPlan {
  readonly action: Action;
  readonly account: number;
  readonly project: string;
  /** The idempotency key of the whole request. */
  readonly key: string;
  /** Number of distinct target groups. */
  readonly count: number;
  readonly jobs: readonly JobPart[];
}

/**
 * Checks a request and splits it into jobs, with a key for each (ADR 26). Sends nothing.
 * @throws InputError for an argument that cannot be used
 */
export function planJobs(request: JobRequest): JobPlan {
  const { action, account, project, key = randomUUID(), maxPerJob = MAX_PER_JOB } = request;
  if (!isAction(action)) throw makeInputError('action', action, ACTION_NAMES.join(', '));
  if (!isWhole(account, MAX_ACCOUNT_ID)) {
    throw makeInputError('account', account, `a whole number from 1 to ${MAX_ACCOUNT_ID}`);
  }
  if (!isId(project)) throw makeInputError('project', project, ID_FORMAT);
  if (!isWhole(maxPerJob, MAX_PER_JOB)) {
    throw makeInputError('target groups per job', maxPerJob, `a whole number from 1 to ${MAX_PER_JOB}`);
  }
  checkKey(key);
  const ids = [...request.ids];
  ids.forEach((id, i) => {
    if (!isId(id)) throw makeInputError(`ids[${i}]`, id, ID_FORMAT);
  });
  const parts = splitIds(ids, maxPerJob);
  if (parts.length === 0) throw makeInputError('ids', undefined, 'at least one target group');
  return {
    action,
    account,
    project,
    key,
    count: parts.reduce((sum, part) => sum + part.length, 0),
    jobs: parts.map((part, i) => ({
      part: i + 1,
      parts: parts.length,
      key: derivePartKey(key, i + 1),
      ids: part,
    })),
  };
}

function isWhole(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

function makeInputError(field: string, found: unknown, what: string): InputError {
  return new InputError(`${field}: found ${quoteExcerpt(found)}, expected ${what}`);
}
