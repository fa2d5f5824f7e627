/**
 * Sends a fixed series of requests to a local stack with demo data, whose answers become the examples of the
 * description (ADR 25). The stack must be fresh, because jobs change the demo data and a used key makes a
 * replay.
 */
import { deriveJobId } from '../../src/domain/digest.ts';
import { ACTION_NAMES, type Action } from '../../src/domain/actions.ts';
import type { JobBody } from '../answers.ts';
import { IDEMPOTENCY_KEY, VERSION_HEADER } from '../header-names.ts';
import { MAX_BODY_BYTES } from '../limits.ts';
import { collectionPath, fieldingRunsPath, jobPath, ROOT } from '../paths.ts';

interface Sent {
  readonly method: 'GET' | 'POST';
  /** Without host and prefix. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface ScenarioWorld {
  readonly send: (request: Sent) => Promise<Received>;
  /** Gets a token that covers the accounts and has both scopes. */
  readonly tokenFor: (...accounts: number[]) => Promise<string>;
  /** Waits until the next read of a job that is still processing. */
  readonly pause: () => Promise<unknown>;
}

/** A call: the request and its answer. */
export interface Recorded {
  readonly request: Sent;
  readonly answer: Received;
}

/** A project of its own, because the documents' commands change the target groups of the other one. */
export const SAMPLE_TENANT = { accountId: 101, projectId: '01JDEM0PR0JECT000000000002' };

/**
 * Numbers of the target groups for each action: some move, some have the status already, some are refused.
 */
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

/** Number of target groups of a job that is still processing when it is read for the first time. */
const MANY = 1_000;

/** Sends all requests. Returns the calls by the names of their examples. */
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
    // Each job must end before the next one starts: relaunch needs the status that complete leaves.
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

/** Makes the body of the create request of an action's sample job. */
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

/** Makes the path of the fielding run of a target group of `SAMPLE_TENANT`. */
function runOf(number: number): string {
  return fieldingRunsPath(SAMPLE_TENANT, demoId(number));
}

/** Makes the id of a target group of the second demo project, which has the numbers 1 to 340. */
function demoId(number: number): string {
  return `01JDEM0TARGETGR0VP2${String(number).padStart(7, '0')}`;
}
