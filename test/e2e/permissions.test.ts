/**
 * Tests that the template grants exactly the permissions that the functions need: on a stack of its own, no
 * call is denied and no grant stays unused (ADR 18).
 */
import { join } from 'node:path';
import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BASES, collectionPath, fieldingRunsPath, jobPath } from '../../api/paths.ts';
import { PROJECT } from '../../tools/kit/project.ts';
import { emulatorAt } from '../../tools/kit/emulator.ts';
import type { PermissionsReport, UsedGrant } from '../../tools/local/iam/permissions.ts';
import { encodeChunk } from '../../src/adapters/sqs/chunk-message.ts';
import { metaKey } from '../../src/adapters/dynamodb/job-item.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import { canonicalIds, type Job } from '../../src/domain/job.ts';
import { anId, TRACE } from '../support/builders.ts';
import { ACTION_NAMES, type Action } from '../../src/domain/actions.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { Client, locationOf, request } from '../support/client.ts';
import { aProject, dynamoDBOf, nameLike, scan } from '../support/e2e.ts';
import { aLostJob } from '../support/lost-job.ts';
import { type RunningStack, startStack } from '../support/local-stack.ts';
import { until } from '../support/until.ts';

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
const RECORD_COMES_ALONG = process.env['DYNAMODB_ENDPOINT'] !== undefined;
const OF_THE_RECORD = /^CreateJob: dynamodb:GetItem on \S+Idempotency/;

let running: RunningStack;
let client: Client;

beforeAll(async () => {
  const stackName = `Permissions${process.pid}`;
  running = await startStack(['-c', `stackName=${stackName}`], join(PROJECT, '.local', 'permissions.jsonl'));
  client = await Client.of(running.info.url);
});

afterAll(async () => {
  expect(await running.stop()).toBe(0);
});

async function report(): Promise<PermissionsReport> {
  const { text } = await request('GET', `${running.info.url}/_local/permissions`);
  return JSON.parse(text) as PermissionsReport;
}

const named = ({ holder, action, resource, source }: UsedGrant) =>
  // Only the name of a permission shows its route.
  `${holder}: ${action} on ${resource}${holder.endsWith('.amazonaws.com') ? ` (${source})` : ''}`;

/** Waits until a grant has been used. */
async function used(grant: RegExp): Promise<void> {
  await until(async () => {
    const { grants } = await report();
    return grants.some((each) => grant.test(named(each)) && each.uses > 0);
  }, 100);
}

/** Sends the first chunk of a job again. */
async function sendAgain(job: Job, ids: readonly string[]): Promise<void> {
  const sqs = new SQSClient(emulatorAt(running.info.endpoints.sqs));
  for (const work of cutIntoChunks(job, canonicalIds(ids), [0], TRACE)) {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: nameLike(running.info.queues, 'Chunks'),
        MessageBody: encodeChunk(work),
      }),
    );
  }
  sqs.destroy();
}

async function everyRoute(): Promise<void> {
  const { tenant, ids } = await aProject(running.info, [{}, { status: 'draft' }]);
  for (const base of BASES) {
    expect((await client.get(base + fieldingRunsPath(tenant, ids[0] ?? ''))).status).toBe(200);
    await Promise.all(ACTION_NAMES.map((action) => everyRouteOf(base, tenant, action, ids)));
  }
  expect((await client.get('/nowhere')).status).toBe(404);
}

async function everyRouteOf(
  base: string,
  tenant: Tenant,
  action: Action,
  ids: readonly string[],
): Promise<void> {
  const collection = base + collectionPath(tenant, action);
  const body = JSON.stringify({ target_group_ids: ids });
  const jobId =
    locationOf(await client.post(collection, body))
      .split('/')
      .at(-1) ?? '';
  await client.untilEnded(base + jobPath(tenant, action, jobId));
  expect((await client.get(`${collection}/${jobId}`)).status).toBe(200);
}

/**
 * Repeats a create call with its idempotency record, then without it, then without it and with other ids: the
 * last one is refused, and its new record is deleted.
 */
async function repeats(): Promise<void> {
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
  const dynamoDB = dynamoDBOf(running.info);
  const TableName = nameLike(running.info.tables, 'Idempotency');
  for (const { id } of await scan(running.info, 'Idempotency')) {
    await dynamoDB.send(new DeleteItemCommand({ TableName, Key: marshall({ id }) }));
  }
  dynamoDB.destroy();
}

/** Lets reconcile send the messages of one job and settle another one past its deadline. */
async function stalled(): Promise<void> {
  const { tenant, ids } = await aProject(running.info, [{}, {}, { status: 'archived' }]);
  const jobs = [
    await aLostJob(running.info, tenant, ids, 1000),
    await aLostJob(running.info, tenant, ids, 3601),
  ];
  expect((await request('POST', `${running.info.url}/_local/schedules/run`)).status).toBe(200);
  for (const { jobId } of jobs) await client.untilEnded(jobPath(tenant, 'resume', jobId));
}

/** Sends a message again after its job has ended, and one of a damaged job, whose chunk is handed back. */
async function trouble(): Promise<void> {
  const { tenant, ids } = await aProject(running.info, [{}]);
  const job = await aLostJob(running.info, tenant, ids, 0);
  await sendAgain(job, ids);
  await client.untilEnded(jobPath(tenant, 'resume', job.jobId));
  await sendAgain(job, ids);
  await used(/^Worker: dynamodb:GetItem on \S+Jobs/);

  const damaged = await aLostJob(running.info, tenant, ids, 0);
  const dynamoDB = dynamoDBOf(running.info);
  await dynamoDB.send(
    new UpdateItemCommand({
      TableName: nameLike(running.info.tables, 'TablesJobs'),
      Key: marshall(metaKey(damaged)),
      UpdateExpression: 'SET chunk_size = :text',
      ExpressionAttributeValues: marshall({ ':text': 'two' }),
    }),
  );
  dynamoDB.destroy();
  await sendAgain(damaged, ids);
  await used(/^Worker: sqs:ChangeMessageVisibility /);
}

test('every grant is used, and no call is denied', async () => {
  await everyRoute();
  await repeats();
  await stalled();
  await trouble();

  const { grants, denied } = await report();
  expect(denied).toEqual([]);
  expect(grants.length).toBeGreaterThan(20);
  const unused = grants.filter(
    ({ action, uses }) => uses === 0 && !NOT_USED_HERE.some(([each]) => each.test(action)),
  );
  expect(unused.map(named).filter((grant) => !(RECORD_COMES_ALONG && OF_THE_RECORD.test(grant)))).toEqual([]);
});

test('every exception names existing grants that no call uses', async () => {
  const { grants } = await report();
  for (const [action] of NOT_USED_HERE) {
    const excepted = grants.filter((grant) => action.test(grant.action));
    expect(excepted.length).toBeGreaterThan(0);
    expect(excepted.filter(({ uses }) => uses > 0).map(named)).toEqual([]);
  }
});
