/**
 * Tests that tenants are separate, with random data on a stack with a spy in front of its DynamoDB. Another
 * account's data is answered like unknown data, with the same calls, and a job touches only its own tenant.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeCollectionPath, makeFieldingRunsPath, makeJobPath } from '../../api/paths.ts';
import { BatchWriter } from '../../tools/local/data/write.ts';
import { HIGH_LIMITS } from '../../tools/local/high-limits.ts';
import { type LocalStack, startLocalStack } from '../../tools/local/local-stack.ts';
import { DynamoDBJobs } from '../../src/adapters/dynamodb/jobs.ts';
import { DynamoDBTargetGroups } from '../../src/adapters/dynamodb/target-groups.ts';
import { deriveJobId, hashIds } from '../../src/domain/digest.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import { TRACE, aJob, aTargetGroup, anId } from '../support/builders.ts';
import { type Answer, Client, readLocation } from '../support/api-client.ts';
import { type DynamoDBSpy, spyOnDynamoDB, type StoreCall } from '../support/dynamodb-spy.ts';
import { makeDynamoDBClient, readE2eStack, findName } from '../support/e2e.ts';
import { makePropertySettings } from '../support/properties.ts';

const shared = readE2eStack();
// One account id begins with the other, so keys without a separator would overlap.
const OURS = 101;
const THEIRS = 1010;

/** A client that bypasses the spy. */
const direct = makeDynamoDBClient(shared);
let spy: DynamoDBSpy;
let stack: LocalStack;
let us: Client;
let them: Client;

beforeAll(async () => {
  spy = await spyOnDynamoDB(shared.endpoints.dynamodb);
  stack = await startLocalStack({
    context: {
      stackName: `Tenants${process.pid}`,
      chunkSize: 3,
      maxTargetGroupsPerJob: 1_500,
      ...HIGH_LIMITS,
      // Those of an environment, in place of which the local stack has its own: else its roles grant nothing.
      account: '111122223333',
      region: 'eu-west-1',
      tags: { team: 'jobs' },
    },
    dynamodbEndpoint: spy.url,
  });
  us = await Client.signIn(stack.url, { accounts: [OURS] });
  them = await Client.signIn(stack.url, { accounts: [THEIRS] });
});
afterAll(async () => {
  await stack.stop();
  await spy.close();
  direct.destroy();
});

/** Data of two accounts, ours and theirs, that share ids on purpose. */
interface Neighbours {
  /** The id of a project that both accounts have. */
  readonly project: string;
  readonly theirProject: string;
  /** Target groups that both accounts have, in each of their projects. */
  readonly common: readonly string[];
  /** Target groups that only their account has, in each of its projects. */
  readonly hidden: readonly string[];
  /** The idempotency key of their job in `project`. */
  readonly key: string;
  readonly theirJob: string;
}

const STATUSES = ['paused', 'live', 'draft', 'archived'] as const;
const statuses = fc.array(fc.constantFrom(...STATUSES), { minLength: 1, maxLength: 4 });
const aSpec = fc.record({ common: statuses, hidden: statuses, unfinished: fc.boolean() });
type Spec = typeof aSpec extends fc.Arbitrary<infer T> ? T : never;

async function makeNeighbours(spec: Spec): Promise<Neighbours> {
  const common = spec.common.map(() => anId('T'));
  const hidden = spec.hidden.map(() => anId('H'));
  const project = anId('P');
  const theirProject = anId('Q');
  const writer = new BatchWriter(direct, findName(stack.tables, 'TargetGroups'));
  const put = async (tenant: Tenant, groups: Readonly<Record<string, (typeof STATUSES)[number]>>) => {
    await writer.put({ type: 'project', tenant });
    for (const [targetGroupId, status] of Object.entries(groups)) {
      const group = { ...tenant, targetGroupId, status, endFieldingAt: '2099-01-01T00:00:00.000Z' };
      await writer.put({ type: 'target_group', group: aTargetGroup(group) });
    }
  };
  const ours = Object.fromEntries(common.map((id, i) => [id, spec.common[i] ?? 'paused']));
  const theirs = { ...ours, ...Object.fromEntries(hidden.map((id, i) => [id, spec.hidden[i] ?? 'paused'])) };
  await put({ accountId: OURS, projectId: project }, ours);
  await put({ accountId: THEIRS, projectId: project }, theirs);
  await put({ accountId: THEIRS, projectId: theirProject }, theirs);
  await writer.flush();
  const key = anId('K');
  const theirJob = await makeTheirJob(
    { accountId: THEIRS, projectId: project },
    hidden,
    key,
    spec.unfinished,
  );
  return { project, theirProject, common, hidden, key, theirJob };
}

/** Makes their job: either ended, or open and without a message. */
async function makeTheirJob(tenant: Tenant, ids: readonly string[], key: string, unfinished: boolean) {
  const jobId = deriveJobId({ ...tenant, action: 'resume', idempotencyKey: key });
  if (unfinished) {
    const jobs = new DynamoDBJobs(direct, findName(stack.tables, 'TablesJobs'));
    const [now, expiresAt] = [Date.now(), Math.floor(Date.now() / 1000) + 86_400];
    const of = {
      ...tenant,
      jobId,
      createdAt: formatTimestamp(now),
      bodyHash: hashIds(ids),
      total: ids.length,
    };
    const job = aJob({ ...of, expiresAt, chunkSize: 3 });
    await jobs.saveRequest(job, { ids: [...ids], trace: TRACE });
    await jobs.commit(job, anId(), now);
  } else {
    const { calls } = await recordCalls(async () =>
      them.waitUntilEnded(readLocation(await them.create(tenant, ids, { 'idempotency-key': key }))),
    );
    expectOwn(calls, tenant);
  }
  return jobId;
}

/** Reads all of their target groups and their job from the store. */
async function readTheirs({ project, theirProject, common, hidden, theirJob }: Neighbours) {
  const groups = new DynamoDBTargetGroups(direct, findName(stack.tables, 'TargetGroups'));
  const jobs = new DynamoDBJobs(direct, findName(stack.tables, 'TablesJobs'));
  const found = await Promise.all(
    [project, theirProject].flatMap((projectId) =>
      [...common, ...hidden].map((targetGroupId) =>
        groups.find({ accountId: THEIRS, projectId, targetGroupId }),
      ),
    ),
  );
  const job = await jobs.find({ accountId: THEIRS, projectId: project, jobId: theirJob }, Date.now());
  return { found, job };
}

/**
 * Runs `act` and records the calls to the store until there are no more, because a worker closes its job
 * after clients see it ended.
 */
async function recordCalls<T>(act: () => Promise<T>): Promise<{ result: T; calls: StoreCall[] }> {
  spy.calls.length = 0;
  const result = await act();
  let before;
  do {
    before = spy.calls.length;
    await pause(50);
  } while (before !== spy.calls.length);
  // Leaves out the queries of the index of open jobs, which the schedule causes, and the sums of all
  // accounts, which name nobody and are read every two seconds.
  return {
    result,
    calls: spy.calls.filter(
      ({ operation, key }) => key !== 'BACKLOG' && (operation !== 'Query' || key !== undefined),
    ),
  };
}

/** Returns the parts of an answer that are not random, so that two answers can be compared. */
function omitRandomParts({ status, headers, text }: Answer) {
  const drawn = ['traceparent', 'tracestate', 'date', 'apigw-requestid'];
  const body = text === '' ? '' : { ...(JSON.parse(text) as object), id: 'an id' };
  return { status, headers: [...headers].filter(([name]) => !drawn.includes(name)), body };
}

const formatCalls = (calls: readonly StoreCall[]) =>
  calls.map(({ operation, table }) => `${operation} ${table}`);

/** The tenant that first used each key of the idempotency table, because these keys are digests. */
const firstUsers = new Map<string, string>();

function expectOwn(calls: readonly StoreCall[], { accountId, projectId }: Tenant): void {
  const own = `${accountId}#${projectId}`;
  const idempotency = findName(stack.tables, 'Idempotency');
  const foreign = calls.filter(({ table, key = '' }) => {
    if (table !== idempotency) return key !== own && !key.startsWith(`${own}#`);
    if (!firstUsers.has(key)) firstUsers.set(key, own);
    return firstUsers.get(key) !== own;
  });
  expect(foreign).toEqual([]);
}

type Probe = readonly [
  tenant: Tenant,
  status: number,
  theirs: () => Promise<Answer>,
  unknown: () => Promise<Answer>,
];

/** Returns requests for each id of each route: one with an id of theirs and one with an unknown id. */
function makeProbes({ project, theirProject, common, hidden, key, theirJob }: Neighbours): Probe[] {
  const mine = { accountId: OURS, projectId: project };
  const notMine = { accountId: OURS, projectId: theirProject };
  const nobodys = { accountId: OURS, projectId: anId('N') };
  const makeShortPath = (tenant: Tenant, jobId: string) => makeJobPath(tenant, 'resume', jobId);
  const makeLongPath = (tenant: Tenant, jobId: string) =>
    `/v1${makeCollectionPath(tenant, 'resume')}/${jobId}`;
  const moveToTheirAccount = (tenant: Tenant) => ({ ...tenant, accountId: THEIRS });
  const [group = ''] = common;
  const [hiddenGroup = ''] = hidden;
  const get = (path: string) => () => us.get(path);
  const create = (tenant: Tenant) => () => us.create(tenant, [group], { 'idempotency-key': key });
  return [
    [notMine, 404, create(notMine), create(nobodys)],
    [mine, 404, get(makeShortPath(mine, theirJob)), get(makeShortPath(mine, anId('J')))],
    [mine, 404, get(makeLongPath(mine, theirJob)), get(makeLongPath(mine, anId('J')))],
    [notMine, 404, get(makeShortPath(notMine, theirJob)), get(makeShortPath(nobodys, anId('J')))],
    [mine, 404, get(makeFieldingRunsPath(mine, hiddenGroup)), get(makeFieldingRunsPath(mine, anId('T')))],
    [notMine, 404, get(makeFieldingRunsPath(notMine, group)), get(makeFieldingRunsPath(nobodys, anId('T')))],
    [mine, 403, create(moveToTheirAccount(mine)), create(moveToTheirAccount(nobodys))],
    [
      mine,
      403,
      get(makeShortPath(moveToTheirAccount(mine), theirJob)),
      get(makeShortPath(moveToTheirAccount(nobodys), anId('J'))),
    ],
    [
      mine,
      403,
      get(makeFieldingRunsPath(moveToTheirAccount(mine), hiddenGroup)),
      get(makeFieldingRunsPath(moveToTheirAccount(nobodys), anId('T'))),
    ],
  ];
}

test('data of another account is answered like unknown data, and is not touched', async () => {
  await fc.assert(
    fc.asyncProperty(aSpec, async (spec) => {
      const neighbours = await makeNeighbours(spec);
      const before = await readTheirs(neighbours);
      for (const [tenant, status, askTheirs, askUnknown] of makeProbes(neighbours)) {
        const theirs = await recordCalls(askTheirs);
        const unknown = await recordCalls(askUnknown);
        expect(theirs.result.status).toBe(status);
        expect(omitRandomParts(theirs.result)).toEqual(omitRandomParts(unknown.result));
        expect(formatCalls(theirs.calls)).toEqual(formatCalls(unknown.calls));
        if (status === 403) expect(theirs.calls).toEqual([]);
        else expect(theirs.calls).not.toEqual([]);
        expectOwn(theirs.calls, tenant);
      }
      expect(await readTheirs(neighbours)).toEqual(before);
    }),
    makePropertySettings(3),
  );
});

test('a job with the key and the ids of another account is a new one, and these ids are unknown to it', async () => {
  await fc.assert(
    fc.asyncProperty(aSpec, async (spec) => {
      const neighbours = await makeNeighbours(spec);
      const before = await readTheirs(neighbours);
      const tenant = { accountId: OURS, projectId: neighbours.project };
      const run = (ids: readonly string[], key: string) =>
        recordCalls(async () => {
          const answer = await us.create(tenant, ids, { 'idempotency-key': key });
          expect(answer.headers.get('idempotent-replayed')).toBeNull();
          return us.waitUntilEnded(readLocation(answer));
        });
      const { result: job, calls } = await run([...neighbours.common, ...neighbours.hidden], neighbours.key);
      expect(job.job_id).not.toBe(neighbours.theirJob);
      expectOwn(calls, tenant);
      const listReasons = (ids: readonly string[], { failed_target_groups: { data } }: typeof job) =>
        ids.map((id) => data.find(({ target_group_id }) => target_group_id === id)?.failure_reason);

      const unknown = neighbours.hidden.map(() => anId('H'));
      const control = await run(unknown, anId('K'));
      expect(listReasons(neighbours.hidden, job)).toEqual(listReasons(unknown, control.result));
      expect(listReasons(neighbours.hidden, job)).not.toContain(undefined);

      // Their ids alone take the same calls as unknown ids, whatever the state of their target groups.
      const hidden = await run(neighbours.hidden, anId('K'));
      const listTargetGroupCalls = (all: readonly StoreCall[]) =>
        formatCalls(
          all.filter(({ table, key = '' }) => table.includes('TargetGroups') && /#[TH][^#]*$/.test(key)),
        ).sort();
      expect(listTargetGroupCalls(hidden.calls)).toEqual(listTargetGroupCalls(control.calls));
      expect(listTargetGroupCalls(hidden.calls)).toHaveLength(2 * neighbours.hidden.length);
      expect(await readTheirs(neighbours)).toEqual(before);
    }),
    makePropertySettings(2),
  );
});
