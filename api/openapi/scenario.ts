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
import { makeCollectionPath, makeFieldingRunsPath, makeJobPath, ROOT } from '../paths.ts';

interface SentRequest {
  readonly method: 'GET' | 'POST';
  /** Without host and prefix. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

interface ReceivedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface ScenarioDeps {
  readonly send: (request: SentRequest) => Promise<ReceivedAnswer>;
  /** Gets a token that covers the accounts and has both scopes. */
  readonly getToken: (...accounts: number[]) => Promise<string>;
  /** Waits until the next read of a job that is still processing. */
  readonly pause: () => Promise<unknown>;
}

/** A call: the request and its answer. */
export interface RecordedCall {
  readonly request: SentRequest;
  readonly answer: ReceivedAnswer;
}

/** A project of its own, because the documents' commands change the target groups of the other one. */
export const SAMPLE_TENANT = { accountId: 101, projectId: '01JDEM0PR0JECT000000000002' };

/**
 * Numbers of the target groups for each action: some move, some have the status already, some are refused.
 */
const SAMPLE_NUMBERS: Readonly<Record<Action, readonly number[]>> = {
  resume: [1, 7, 11, 12, 9999],
  pause: [6, 2, 19],
  launch: [8, 18, 10],
  complete: [30, 20, 13],
  relaunch: [30, 9, 14],
};

export const SAMPLE_TARGET_GROUP_ID = makeDemoId(1);

export const SAMPLE_KEY = makeSampleKey('resume');

export const SAMPLE_JOB_ID = deriveSampleJobId('resume');

const JSON_TYPE = { 'content-type': 'application/json' };

/** Number of target groups of a job that is still processing when it is read for the first time. */
const LARGE_JOB_SIZE = 1_000;

/** Sends all requests. Returns the calls by the names of their examples. */
export async function playScenario(deps: ScenarioDeps): Promise<Record<string, RecordedCall>> {
  const calls: Record<string, RecordedCall> = {};
  const sendAndRecord = async (name: string, request: SentRequest): Promise<ReceivedAnswer> => {
    const answer = await deps.send(request);
    calls[name] = { request, answer };
    return answer;
  };
  const authorization = `Bearer ${await deps.getToken(SAMPLE_TENANT.accountId)}`;
  const makeGet = (path: string): SentRequest => ({ method: 'GET', path, headers: { authorization } });
  const makeCreate = (action: Action, key: string, ids: readonly string[]): SentRequest => ({
    method: 'POST',
    path: makeCollectionPath(SAMPLE_TENANT, action),
    headers: { authorization, [IDEMPOTENCY_KEY]: key, ...JSON_TYPE },
    body: JSON.stringify({ target_group_ids: ids }),
  });

  for (const action of ACTION_NAMES) {
    await sendAndRecord(
      `${action}Created`,
      makeCreate(action, makeSampleKey(action), SAMPLE_NUMBERS[action].map(makeDemoId)),
    );
    const path = makeJobPath(SAMPLE_TENANT, action, deriveSampleJobId(action));
    // Each job must end before the next one starts: relaunch needs the status that complete leaves.
    while (isProcessing(await sendAndRecord(`${action}Ended`, makeGet(path)))) await deps.pause();
  }
  const resumed = SAMPLE_NUMBERS.resume.map(makeDemoId);
  await sendAndRecord('repeated', makeCreate('resume', makeSampleKey('resume'), resumed));
  await sendAndRecord('keyReused', makeCreate('resume', makeSampleKey('resume'), resumed.slice(1)));
  const large = Array.from({ length: LARGE_JOB_SIZE }, (_, index) => makeDemoId(1_000 + index));
  const created = await sendAndRecord('largeCreated', makeCreate('resume', 'large-1', large));
  await sendAndRecord('processing', makeGet(created.headers.get('location') ?? ''));

  await sendAndRecord('fieldingRuns', makeGet(makeSampleRunPath(1)));
  await sendAndRecord('malformed', {
    method: 'POST',
    path: makeCollectionPath(SAMPLE_TENANT, 'resume'),
    headers: { authorization, [VERSION_HEADER]: '2024-01-01', ...JSON_TYPE },
    body: '{"target_group_ids":["x"],"dry_run":true}',
  });
  await sendAndRecord('malformedPath', makeGet(makeJobPath({ accountId: 0, projectId: 'x' }, 'resume', 'y')));
  await sendAndRecord('noToken', { method: 'GET', path: makeSampleRunPath(1), headers: {} });
  const other = `Bearer ${await deps.getToken(102)}`;
  await sendAndRecord('otherAccount', {
    ...makeGet(makeSampleRunPath(1)),
    headers: { authorization: other },
  });
  await sendAndRecord('unknownProject', {
    ...makeCreate('resume', 'none-1', resumed),
    path: makeCollectionPath({ ...SAMPLE_TENANT, projectId: '01JDEM0PR0JECT000000009999' }, 'resume'),
  });
  await sendAndRecord('unknownJob', makeGet(makeJobPath(SAMPLE_TENANT, 'pause', SAMPLE_JOB_ID)));
  await sendAndRecord('unknownTargetGroup', makeGet(makeSampleRunPath(9999)));
  await sendAndRecord('unknownRoute', makeGet(`${ROOT}/accounts`));
  await sendAndRecord('largeBody', {
    ...makeCreate('resume', 'body-1', []),
    body: '['.repeat(MAX_BODY_BYTES - 1),
  });
  return calls;
}

/** Makes the body of the create request of an action's sample job. */
export function makeSampleBody(action: Action): { target_group_ids: string[] } {
  return { target_group_ids: SAMPLE_NUMBERS[action].map(makeDemoId) };
}

function isProcessing({ status, text }: ReceivedAnswer): boolean {
  return status === 200 && (JSON.parse(text) as JobBody).status === 'Processing';
}

function makeSampleKey(action: Action): string {
  return `${action}-1`;
}

function deriveSampleJobId(action: Action): string {
  return deriveJobId({ ...SAMPLE_TENANT, action, idempotencyKey: makeSampleKey(action) });
}

/** Makes the path of the fielding run of a target group of `SAMPLE_TENANT`. */
function makeSampleRunPath(number: number): string {
  return makeFieldingRunsPath(SAMPLE_TENANT, makeDemoId(number));
}

/** Makes the id of a target group of the second demo project, which has the numbers 1 to 340. */
function makeDemoId(number: number): string {
  return `01JDEM0TARGETGR0VP2${String(number).padStart(7, '0')}`;
}
