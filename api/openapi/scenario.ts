/**
 * Requests to a local stack with its demo data, one after the other, whose answers are the examples of the
 * description. The stack must be fresh: jobs change the demo data, and a key that was used before is a
 * repeat.
 */
import { deriveJobId } from '../../src/domain/digest.ts';
import { ACTION_NAMES, type Action } from '../../src/domain/actions.ts';
import type { JobBody } from '../answers.ts';
import { IDEMPOTENCY_KEY, VERSION_HEADER } from '../header-names.ts';
import { MAX_BODY_BYTES } from '../limits.ts';
import { collectionPath, fieldingRunsPath, jobPath, ROOT } from '../paths.ts';

export interface Sent {
  readonly method: 'GET' | 'POST';
  /** Without host and prefix. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface ScenarioWorld {
  readonly send: (request: Sent) => Promise<Received>;
  /** A token for accounts, with both scopes. */
  readonly tokenFor: (...accounts: number[]) => Promise<string>;
  /** Resolves when it is worth looking at a job again. */
  readonly pause: () => Promise<unknown>;
}

/** One call and what came of it. */
export interface Recorded {
  readonly request: Sent;
  readonly answer: Received;
}

/** Not the project that the documents' commands work on: each would find what the other has done. */
export const SAMPLE_TENANT = { accountId: 101, projectId: '01JDEM0PR0JECT000000000002' };

/** The target groups that each action is tried on: some move, some are there already, some are refused. */
const ASKED: Readonly<Record<Action, readonly number[]>> = {
  resume: [1, 7, 11, 12, 9999],
  pause: [6, 2, 19],
  launch: [8, 18, 10],
  complete: [30, 20, 13],
  relaunch: [30, 9, 14],
};

export const SAMPLE_TARGET_GROUP_ID = demoId(1);

export const SAMPLE_KEY = keyOf('resume');

export const SAMPLE_JOB_ID = jobIdOf('resume');

const JSON_TYPE = { 'content-type': 'application/json' };

/** So many target groups take the workers far longer than it takes to ask for the job. */
const MANY = 1_000;

/** Sends everything; the calls by the names that the examples have. */
export async function playScenario(world: ScenarioWorld): Promise<Record<string, Recorded>> {
  const calls: Record<string, Recorded> = {};
  const call = async (name: string, request: Sent): Promise<Received> => {
    const answer = await world.send(request);
    calls[name] = { request, answer };
    return answer;
  };
  const authorization = `Bearer ${await world.tokenFor(SAMPLE_TENANT.accountId)}`;
  const get = (path: string): Sent => ({ method: 'GET', path, headers: { authorization } });
  const create = (action: Action, key: string, ids: readonly string[]): Sent => ({
    method: 'POST',
    path: collectionPath(SAMPLE_TENANT, action),
    headers: { authorization, [IDEMPOTENCY_KEY]: key, ...JSON_TYPE },
    body: JSON.stringify({ target_group_ids: ids }),
  });

  for (const action of ACTION_NAMES) {
    await call(`${action}Created`, create(action, keyOf(action), ASKED[action].map(demoId)));
    const path = jobPath(SAMPLE_TENANT, action, jobIdOf(action));
    // Relaunching begins with what completing has left.
    while (isProcessing(await call(`${action}Ended`, get(path)))) await world.pause();
  }
  const resumed = ASKED.resume.map(demoId);
  await call('repeated', create('resume', keyOf('resume'), resumed));
  await call('keyReused', create('resume', keyOf('resume'), resumed.slice(1)));
  const large = Array.from({ length: MANY }, (_, index) => demoId(1_000 + index));
  const created = await call('largeCreated', create('resume', 'large-1', large));
  await call('processing', get(created.headers.get('location') ?? ''));

  await call('fieldingRuns', get(runOf(1)));
  await call('malformed', {
    method: 'POST',
    path: collectionPath(SAMPLE_TENANT, 'resume'),
    headers: { authorization, [VERSION_HEADER]: '2024-01-01', ...JSON_TYPE },
    body: '{"target_group_ids":["x"],"dry_run":true}',
  });
  await call('malformedPath', get(jobPath({ accountId: 0, projectId: 'x' }, 'resume', 'y')));
  await call('noToken', { method: 'GET', path: runOf(1), headers: {} });
  const other = `Bearer ${await world.tokenFor(102)}`;
  await call('otherAccount', { ...get(runOf(1)), headers: { authorization: other } });
  await call('unknownProject', {
    ...create('resume', 'none-1', resumed),
    path: collectionPath({ ...SAMPLE_TENANT, projectId: '01JDEM0PR0JECT000000009999' }, 'resume'),
  });
  await call('unknownJob', get(jobPath(SAMPLE_TENANT, 'pause', SAMPLE_JOB_ID)));
  await call('unknownTargetGroup', get(runOf(9999)));
  await call('unknownRoute', get(`${ROOT}/accounts`));
  await call('largeBody', { ...create('resume', 'body-1', []), body: '['.repeat(MAX_BODY_BYTES - 1) });
  return calls;
}

/** What the create request of an action asked for. */
export function askedOf(action: Action): { target_group_ids: string[] } {
  return { target_group_ids: ASKED[action].map(demoId) };
}

function isProcessing({ status, text }: Received): boolean {
  return status === 200 && (JSON.parse(text) as JobBody).status === 'Processing';
}

function keyOf(action: Action): string {
  return `${action}-1`;
}

function jobIdOf(action: Action): string {
  return deriveJobId({ ...SAMPLE_TENANT, action, idempotencyKey: keyOf(action) });
}

/** The path of the fielding run of a target group of `SAMPLE_TENANT`. */
function runOf(number: number): string {
  return fieldingRunsPath(SAMPLE_TENANT, demoId(number));
}

/** A target group of the second demo project, which has those from 1 to 340. */
function demoId(number: number): string {
  return `01JDEM0TARGETGR0VP2${String(number).padStart(7, '0')}`;
}
