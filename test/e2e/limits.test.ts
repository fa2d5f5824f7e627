/**
 * Tests the limits of open work over HTTP, on a stack with low limits whose messages can be held (ADR 39):
 * who is refused and how, and that a refusal leaves nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeJobPath } from '../../api/paths.ts';
import { DynamoDBBacklog } from '../../src/adapters/dynamodb/backlog.ts';
import { deriveJobId } from '../../src/domain/digest.ts';
import { type CallHook, readOperation } from '../../tools/kit/forwarding.ts';
import { AUDIENCE } from '../../tools/local/issuer.ts';
import type { LocalStack } from '../../tools/local/local-stack.ts';
import { type Answer, Client, readError, readLocation } from '../support/api-client.ts';
import { anId, makeIds } from '../support/builders.ts';
import { aProject, findName, makeDynamoDBClient, scanTable } from '../support/e2e.ts';
import { makeGoodClaims } from '../support/forge-token.ts';
import { runScheduleByHand, startInterceptedStack } from '../support/intercepted-stack.ts';
import type { StackInfo } from '../support/start-stack.ts';
import { TestIssuer } from '../support/test-issuer.ts';

const ISSUER = 'https://issuer.test/';

const LIMITS = {
  maxTargetGroupsPerJob: 20,
  maxOpenJobsPerAccount: 3,
  maxOpenTargetGroupsPerAccount: 25,
  // Far above what small jobs are counted for.
  maxOpenTargetGroups: 1_000_000,
};

/** How long a function goes by what it has read of an account, and of the stack, in ms. */
const REMEMBERED_MS = 5_000;
const ESTIMATE_MS = 2_000;

let held = false;
let issuer: TestIssuer;
const resources = new AsyncDisposableStack();
let stack: LocalStack;
/** The stack with direct access to its emulators. */
let behind: StackInfo;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  resources.defer(() => issuer.stop());
  await issuer.addKey('k1');
  const { stack: started, emulators } = await startInterceptedStack(resources, {
    context: {
      stackName: `Limits${process.pid}`,
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUrl: issuer.url,
      ...LIMITS,
    },
    changeTemplate: runScheduleByHand,
    aroundDynamoDB: (call, forward) => forward(call),
    aroundSqs,
  });
  stack = started;
  behind = { ...started, endpoints: emulators };
});
afterAll(() => resources.disposeAsync());

/** Polls that are under way. */
const polls = new Set<Promise<unknown>>();

/** Keeps the messages in the queues from then on until the returned function is called. */
async function holdMessages(): Promise<() => void> {
  held = true;
  await Promise.allSettled(polls);
  return () => {
    held = false;
  };
}

/** Answers a poller that the queue is empty, as long as messages are held. Other polls are short. */
const aroundSqs: CallHook = async (call, forward) => {
  if (readOperation(call) !== 'ReceiveMessage') return forward(call);
  if (held) {
    await pause(100);
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: Buffer.from('{}'),
    };
  }
  const input = { ...(JSON.parse(call.body.toString()) as object), WaitTimeSeconds: 1 };
  const poll = forward({ ...call, body: Buffer.from(JSON.stringify(input)) });
  polls.add(poll);
  return poll.finally(() => polls.delete(poll));
};

function expectRefusal(answer: Answer, status: 429 | 503, object: string, detail: string): void {
  expect(answer.status).toBe(status);
  expect(readError(answer)).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
    object,
    detail: `${detail} Nothing was created. Repeat the request with the same idempotency key later.`,
  });
  expect(answer.headers.get('retry-after')).toMatch(/^(1\d|2\d|30)$/);
  expect(answer.headers.get('traceparent')).toMatch(/^00-/);
  expect(answer.headers.get('location')).toBeNull();
}

const expectAccountFull = (answer: Answer) => {
  expectRefusal(answer, 429, 'too_many_requests_error', 'The account has too much open work.');
};
const expectStackFull = (answer: Answer) => {
  const detail = 'There is more open work than can be carried out in time.';
  expectRefusal(answer, 503, 'service_unavailable_error', detail);
};

/** Makes a project of an account with target groups, and a client that may act for the account. */
async function enter(accountId: number, targetGroups: number) {
  const project = await aProject(behind, Array<object>(targetGroups).fill({}), accountId);
  return { ...project, client: await signIn(accountId) };
}

async function signIn(accountId: number): Promise<Client> {
  return new Client(
    stack.url,
    await issuer.sign('k1', makeGoodClaims({ iss: ISSUER, account_ids: [accountId] })),
  );
}

const withKey = (key: string) => ({ 'idempotency-key': key });

describe('an account with all the open jobs that it may have', () => {
  test('is refused another one, and nothing else; the refused call is accepted later', async () => {
    const { tenant, ids, client } = await enter(201, 3);
    const release = await holdMessages();
    const keys = ids.map(() => anId('K'));
    const locations: string[] = [];
    for (const [i, key] of keys.entries()) {
      locations.push(readLocation(await client.create(tenant, ids.slice(i, i + 1), withKey(key))));
    }
    const [key = '', location = ''] = [keys[0], locations[0]];
    const refusedKey = anId('K');
    expectAccountFull(await client.create(tenant, ids, withKey(refusedKey)));
    // From memory, too.
    expectAccountFull(await client.create(tenant, ids, withKey(refusedKey)));

    // A repeat is answered as ever.
    const repeat = await client.create(tenant, ids.slice(0, 1), withKey(key));
    expect(repeat).toMatchObject({ status: 201 });
    expect(repeat.headers.get('location')).toBe(location);
    expect(repeat.headers.get('idempotent-replayed')).toBe('true');
    const reused = await client.create(tenant, ids, withKey(key));
    expect(reused.status).toBe(400);
    expect(readError(reused).invalid_params).toMatchObject([{ name: 'idempotency-key' }]);
    // What is wrong with a call is answered first.
    expect((await client.create(tenant, [], withKey(refusedKey))).status).toBe(400);
    const elsewhere = { ...tenant, projectId: anId('P') };
    expect((await client.create(elsewhere, ids, withKey(refusedKey))).status).toBe(404);
    const stranger = await signIn(202);
    expect((await stranger.create(tenant, ids, withKey(refusedKey))).status).toBe(403);

    // The refused call has left nothing.
    const jobId = deriveJobId({ ...tenant, action: 'resume', idempotencyKey: refusedKey });
    expect((await client.get(makeJobPath(tenant, 'resume', jobId))).status).toBe(404);
    expect(JSON.stringify(await scanTable(behind, 'TablesJobs'))).not.toContain(jobId);
    expect(await scanTable(behind, 'Idempotency')).toHaveLength(keys.length);

    release();
    for (const each of locations) await client.waitUntilEnded(each);
    await pause(REMEMBERED_MS);
    // With other target groups: the key was not used up.
    const late = await client.create(tenant, ids.slice(1), withKey(refusedKey));
    expect(late.headers.get('idempotent-replayed')).toBeNull();
    expect(await client.waitUntilEnded(readLocation(late))).toMatchObject({ status: 'Completed' });
  });
});

test('an account is refused target groups above its limit, but may have what is left', async () => {
  const { tenant, ids, client } = await enter(203, 20);
  const release = await holdMessages();
  const first = readLocation(await client.create(tenant, ids));
  expectAccountFull(await client.create(tenant, makeIds(6)));
  const second = readLocation(await client.create(tenant, makeIds(5)));
  // Another account is not concerned.
  const other = await enter(204, 1);
  const others = readLocation(await other.client.create(other.tenant, other.ids));
  release();
  for (const location of [first, second]) await client.waitUntilEnded(location);
  expect(await other.client.waitUntilEnded(others)).toMatchObject({ status: 'Completed' });
});

test('when the stack is full, every account is refused another job, and can read its own', async () => {
  const { tenant, ids, client } = await enter(205, 2);
  const dynamoDB = makeDynamoDBClient(behind);
  const backlog = new DynamoDBBacklog(dynamoDB, findName(behind.tables, 'TablesJobs'), 3_600_000);
  const key = anId('K');
  const location = readLocation(await client.create(tenant, ids.slice(0, 1), withKey(key)));
  await client.waitUntilEnded(location);

  await backlog.savePass(LIMITS.maxOpenTargetGroups, Date.now());
  await pause(ESTIMATE_MS);
  const refusedKey = anId('K');
  expectStackFull(await client.create(tenant, ids, withKey(refusedKey)));
  const other = await enter(206, 1);
  expectStackFull(await other.client.create(other.tenant, other.ids));
  expect((await client.get(location)).status).toBe(200);
  expect((await client.create(tenant, ids.slice(0, 1), withKey(key))).headers.get('location')).toBe(location);
  expect((await client.create(tenant, ids, withKey(key))).status).toBe(400);

  // The next pass of reconcile counts what is open indeed.
  await stack.runSchedules();
  await pause(ESTIMATE_MS);
  const late = await client.create(tenant, ids, withKey(refusedKey));
  expect(await client.waitUntilEnded(readLocation(late))).toMatchObject({ status: 'Completed' });
  dynamoDB.destroy();
});
