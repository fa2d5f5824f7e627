/**
 * Tests that the template grants exactly the permissions that the functions need: on a stack of its own, no
 * call is denied and no grant stays unused (ADR 18).
 */
import { join } from 'node:path';
import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BASES, makeCollectionPath, makeFieldingRunsPath, makeJobPath } from '../../api/paths.ts';
import { PROJECT } from '../../tools/kit/project.ts';
import { makeEmulatorConfig } from '../../tools/kit/emulator.ts';
import { hangUp, makeJsonAnswer } from '../../tools/kit/http-server.ts';
import { Issuer } from '../../tools/local/issuer.ts';
import type { PermissionsReport, UsedGrant } from '../../tools/local/iam/permissions.ts';
import { encodeChunk, encodeGiveUp } from '../../src/adapters/sqs/work-message.ts';
import { DynamoDBChunks } from '../../src/adapters/dynamodb/chunks.ts';
import { makeMetaKey } from '../../src/adapters/dynamodb/job-item.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import { canonicalizeIds, type Job } from '../../src/domain/job.ts';
import type { ChunkWork } from '../../src/ports/work-queue.ts';
import { anId, makeChunkKey, makeIds, TRACE } from '../support/builders.ts';
import { ACTION_NAMES, type Action } from '../../src/domain/actions.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { Client, readLocation, sendRequest } from '../support/api-client.ts';
import { aProject, makeDynamoDBClient, findName, scanTable } from '../support/e2e.ts';
import { commitLostJob } from '../support/lost-job.ts';
import { HIGH_LIMIT_OPTIONS } from '../../tools/local/high-limits.ts';
import { StandIn } from '../support/stand-in.ts';
import { type RunningStack, startStack } from '../support/start-stack.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Grants that no call on this machine can use, each with the reason. */
const NOT_USED_HERE: readonly [action: RegExp, reason: string][] = [
  [
    /^xray:Put(TraceSegments|TelemetryRecords)$/,
    'Lambda itself sends the traces to X-Ray, which does not run locally',
  ],
  [
    /^logs:(CreateLogStream|PutLogEvents)$/,
    'Lambda itself writes the log of a function, which the local stack prints',
  ],
];

/** Whether a failed condition returns the record, as AWS and DynamoDB Local do; dynalite does not. */
const RECORD_IS_RETURNED = process.env['DYNAMODB_ENDPOINT'] !== undefined;
const RECORD_GRANT = /^CreateJob: dynamodb:GetItem on \S+Idempotency/;

let running: RunningStack;
let client: Client;
/** Whether the issuer answers with its keys. */
let issuerIsUp = false;
const keys = new StandIn(async () => (issuerIsUp ? makeJsonAnswer((await Issuer.load()).jwks) : hangUp()));

beforeAll(async () => {
  await keys.listen();
  const stackName = `Permissions${process.pid}`;
  running = await startStack(
    ['-c', `stackName=${stackName}`, '-c', `jwksUrl=${keys.url}`, ...HIGH_LIMIT_OPTIONS],
    join(PROJECT, '.local', 'permissions.jsonl'),
  );
  client = await Client.signIn(running.info.url);
});

afterAll(async () => {
  expect(await running.stop()).toBe(0);
  await keys.close();
});

async function readReport(): Promise<PermissionsReport> {
  const { text } = await sendRequest('GET', `${running.info.url}/_local/permissions`);
  return JSON.parse(text) as PermissionsReport;
}

const formatGrant = ({ holder, action, resource, source }: UsedGrant) =>
  // Only the name of a permission shows its route.
  `${holder}: ${action} on ${resource}${holder.endsWith('.amazonaws.com') ? ` (${source})` : ''}`;

/** Waits until a grant has been used. */
async function waitUntilUsed(grant: RegExp): Promise<void> {
  await waitUntil(async () => {
    const { grants } = await readReport();
    return grants.some((each) => grant.test(formatGrant(each)) && each.uses > 0);
  }, 100);
}

const CHUNKS = { queue: 'Chunks', encode: encodeChunk };
const GIVE_UPS = {
  queue: 'GiveUps',
  encode: (work: ChunkWork) => encodeGiveUp({ ...work, reason: 'deadline' }),
};

/** Sends the first chunk of a job again, or gives it up. */
async function sendAgain(job: Job, ids: readonly string[], to = CHUNKS): Promise<void> {
  const sqs = new SQSClient(makeEmulatorConfig(running.info.endpoints.sqs));
  for (const work of cutIntoChunks(job, canonicalizeIds(ids), [0], TRACE)) {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: findName(running.info.queues, to.queue),
        MessageBody: to.encode(work),
      }),
    );
  }
  sqs.destroy();
}

/** Lets each function that verifies tokens start while the issuer is down: it looks for the stored keys. */
async function startDuringOutage(): Promise<void> {
  const { tenant, ids } = await aProject(running.info, [{}]);
  const calls = [
    () => client.create(tenant, ids),
    () => client.get(makeJobPath(tenant, 'resume', anId('J'))),
    () => client.get(makeFieldingRunsPath(tenant, ids[0] ?? '')),
  ];
  for (const call of calls) expect((await call()).status).toBe(503);
  issuerIsUp = true;
  // A function without keys asks again after a second.
  for (const call of calls) await waitUntil(async () => (await call()).status !== 503, 100);
}

async function callEveryRoute(): Promise<void> {
  const { tenant, ids } = await aProject(running.info, [{}, { status: 'draft' }]);
  for (const base of BASES) {
    expect((await client.get(base + makeFieldingRunsPath(tenant, ids[0] ?? ''))).status).toBe(200);
    await Promise.all(ACTION_NAMES.map((action) => callRoutesOfAction(base, tenant, action, ids)));
  }
  expect((await client.get('/nowhere')).status).toBe(404);
}

async function callRoutesOfAction(
  base: string,
  tenant: Tenant,
  action: Action,
  ids: readonly string[],
): Promise<void> {
  const collection = base + makeCollectionPath(tenant, action);
  const body = JSON.stringify({ target_group_ids: ids });
  const jobId =
    readLocation(await client.post(collection, body))
      .split('/')
      .at(-1) ?? '';
  await client.waitUntilEnded(base + makeJobPath(tenant, action, jobId));
  expect((await client.get(`${collection}/${jobId}`)).status).toBe(200);
}

/** Creates a job that is counted for certain: a smaller one only sometimes is. */
async function createCountedJob(): Promise<void> {
  const { tenant } = await aProject(running.info, []);
  await client.run(tenant, makeIds(1_000));
}

/**
 * Repeats a create call with its idempotency record, then without it, then without it and with other ids: the
 * last one is refused, and its new record is deleted.
 */
async function repeatCreateCalls(): Promise<void> {
  const { tenant, ids } = await aProject(running.info, [{}, {}]);
  const key = { 'idempotency-key': anId('K') };
  const statuses = [];
  for (const asked of [ids, ids, 'forget', ids, 'forget', ids.slice(1)] as const) {
    if (asked === 'forget') await forgetAll();
    else statuses.push((await client.create(tenant, asked, key)).status);
  }
  expect(statuses).toEqual([201, 201, 201, 400]);
}

async function forgetAll(): Promise<void> {
  const dynamoDB = makeDynamoDBClient(running.info);
  const TableName = findName(running.info.tables, 'Idempotency');
  for (const { id } of await scanTable(running.info, 'Idempotency')) {
    await dynamoDB.send(new DeleteItemCommand({ TableName, Key: marshall({ id }) }));
  }
  dynamoDB.destroy();
}

/** Lets reconcile send the messages of one job, give up another, and settle a third as a last resort. */
async function reconcileStalledJobs(): Promise<void> {
  const { tenant, ids } = await aProject(running.info, [{}, {}, { status: 'archived' }]);
  const jobs = [
    await commitLostJob(running.info, tenant, ids, 1000),
    await commitLostJob(running.info, tenant, ids, 3601),
    await commitLostJob(running.info, tenant, ids, 5401),
  ];
  expect((await sendRequest('POST', `${running.info.url}/_local/schedules/run`)).status).toBe(200);
  for (const { jobId } of jobs) await client.waitUntilEnded(makeJobPath(tenant, 'resume', jobId));
}

/**
 * Sends a message again after its job has ended, one of a job that is gone, which the worker looks for, and
 * one of a damaged job, whose chunk is handed back; and give-ups, one of which finds a claim.
 */
async function sendUnusualMessages(): Promise<void> {
  const { tenant, ids } = await aProject(running.info, [{}]);
  const job = await commitLostJob(running.info, tenant, ids, 0);
  await sendAgain(job, ids);
  await client.waitUntilEnded(makeJobPath(tenant, 'resume', job.jobId));
  await sendAgain(job, ids);
  await sendAgain({ ...job, jobId: anId('J') }, ids);
  await waitUntilUsed(/^Worker: dynamodb:GetItem on \S+Jobs/);

  const damaged = await commitLostJob(running.info, tenant, ids, 0);
  const dynamoDB = makeDynamoDBClient(running.info);
  await dynamoDB.send(
    new UpdateItemCommand({
      TableName: findName(running.info.tables, 'TablesJobs'),
      Key: marshall(makeMetaKey(damaged)),
      UpdateExpression: 'SET chunk_size = :text',
      ExpressionAttributeValues: marshall({ ':text': 'two' }),
    }),
  );
  await sendAgain(damaged, ids);
  await waitUntilUsed(/^Worker: sqs:ChangeMessageVisibility on \S+Chunks/);
  await sendAgain(damaged, ids, GIVE_UPS);
  await waitUntilUsed(/^Worker: sqs:ChangeMessageVisibility on \S+GiveUps/);

  const held = await commitLostJob(running.info, tenant, ids, 0);
  const chunks = new DynamoDBChunks(dynamoDB, findName(running.info.tables, 'TablesJobs'));
  await chunks.claim(makeChunkKey(held), 'another', Date.now(), Date.now() + 60_000);
  dynamoDB.destroy();
  await sendAgain(held, ids, GIVE_UPS);
  await waitUntilUsed(/^Worker: sqs:SendMessage on \S+GiveUps/);
}

test('every grant is used, and no call is denied', async () => {
  await startDuringOutage();
  await callEveryRoute();
  await createCountedJob();
  await repeatCreateCalls();
  await reconcileStalledJobs();
  await sendUnusualMessages();

  const { grants, denied } = await readReport();
  expect(denied).toEqual([]);
  expect(grants.length).toBeGreaterThan(20);
  const unused = grants.filter(
    ({ action, uses }) => uses === 0 && !NOT_USED_HERE.some(([each]) => each.test(action)),
  );
  expect(
    unused.map(formatGrant).filter((grant) => !(RECORD_IS_RETURNED && RECORD_GRANT.test(grant))),
  ).toEqual([]);
});

test('every exception names existing grants that no call uses', async () => {
  const { grants } = await readReport();
  for (const [action] of NOT_USED_HERE) {
    const excepted = grants.filter((grant) => action.test(grant.action));
    expect(excepted.length).toBeGreaterThan(0);
    expect(excepted.filter(({ uses }) => uses > 0).map(formatGrant)).toEqual([]);
  }
});
