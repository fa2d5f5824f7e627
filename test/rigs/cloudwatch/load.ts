/**
 * Runs a mixed load with everyday failures, for which no alarm may be raised. It produces each of its metrics
 * reliably: intercepted calls decide which race is lost.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { makeCollectionPath, makeFieldingRunsPath, makeJobPath } from '../../../api/paths.ts';
import { DynamoDBChunks } from '../../../src/adapters/dynamodb/chunks.ts';
import { anId, makeChunkKey } from '../../support/builders.ts';
import { Client, readLocation } from '../../support/api-client.ts';
import { aProject, findName } from '../../support/e2e.ts';
import { commitLostJob } from '../../support/lost-job.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { makeRefusal, carryOutTwice } from './call-interceptor.ts';
import type { AlarmRig } from './alarm-rig.ts';
import {
  forgetCalls,
  removeMessage,
  endVisibilityTimeout,
  type QueueName,
  sendMessage,
  sendChunk,
  setAttributes,
  setTargetGroup,
  withDynamoDB,
} from './tampering.ts';

/** Enough requests for the alarm on latency to evaluate them, and so few that two slow ones are over 1 %. */
const READS = 120;

export async function runMixedLoad(rig: AlarmRig): Promise<void> {
  const handedBack = throttleTable(rig);
  await runJobOfAllOutcomes(rig);
  await repeatCreates(rig);
  await sendRefusedRequests(rig);
  await loseClaim(rig);
  await loseSettlement(rig);
  await loseMove(rig);
  await loseClosing(rig);
  await sendUnparsableMessage(rig, 'Chunks');
  await sendUnparsableMessage(rig, 'GiveUps');
  await reconcileLostJobs(rig);
  await handedBack;
}

/** Lets the token issuer answer without keys until each function has asked for them; then with keys. */
export async function interruptIssuer(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}]);
  const calls = [
    () => rig.client.get(makeFieldingRunsPath(tenant, ids[0] ?? '')),
    () => rig.client.get(makeJobPath(tenant, 'resume', anId('J'))),
    () => rig.client.create(tenant, []),
  ];
  rig.issuer.answer = () => ({ status: 200, body: '<html>maintenance</html>' });
  for (const call of calls) await call();
  rig.issuer.answer = undefined;
  // A function without keys fetches them again after a second. More answers 503 would raise an alarm.
  await pause(1_000);
  for (const call of calls) {
    await waitUntil(async () => (await call()).status !== 503, 1_000);
  }
}

/** Runs a job with all three outcomes (updated, not found, not allowed), and reads it many times. */
async function runJobOfAllOutcomes(rig: AlarmRig): Promise<void> {
  const { client } = rig;
  const { tenant, ids } = await aProject(rig.unobserved, [{}, {}, { status: 'draft' }]);
  const asked = [...ids, anId('U')];
  const location = readLocation(await client.create(tenant, asked));
  const job = await client.waitUntilEnded(location);
  if (job.status !== 'Completed') throw new Error(`the job is ${job.status}`);
  // Two at a time, because of the concurrency limit.
  const reads = async () => {
    for (let read = 0; read < READS / 2; read += 1) await client.get(location);
  };
  await Promise.all([reads(), reads()]);
}

/** Repeats creates: with the idempotency record, with another body, without the record, without the table. */
async function repeatCreates(rig: AlarmRig): Promise<void> {
  const { client, dynamoDBCalls } = rig;
  const { tenant, ids } = await aProject(rig.unobserved, [{}, {}]);
  const key = { 'idempotency-key': anId('K') };
  await client.waitUntilEnded(readLocation(await client.create(tenant, ids, key)));
  await client.create(tenant, ids, key);
  await client.create(tenant, ids.slice(1), key);
  await forgetCalls(rig);
  await client.create(tenant, ids, key);

  const table = findName(rig.stack.tables, 'Idempotency');
  const refusal = dynamoDBCalls.interceptNext('PutItem', [table], makeRefusal('ValidationException'));
  await client.waitUntilEnded(readLocation(await client.create(tenant, ids)));
  await refusal;
}

async function sendRefusedRequests(rig: AlarmRig): Promise<void> {
  const { tenant } = await aProject(rig.unobserved);
  await rig.client.get('/nowhere');
  await rig.client.post(makeCollectionPath(tenant, 'resume'), '{}');
  await rig.client.create({ ...tenant, projectId: anId('P') }, [anId()]);
  await new Client(rig.stack.url, 'no.token.atall').create(tenant, [anId()]);
}

/** Throttles the target groups table until the worker has handed its chunk back. */
async function throttleTable(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}]);
  const end = rig.dynamoDBCalls.interceptAll(
    'UpdateItem',
    [findName(rig.stack.tables, 'TargetGroups'), ids[0] ?? ''],
    makeRefusal('ProvisionedThroughputExceededException'),
  );
  const location = readLocation(await rig.client.create(tenant, ids));
  await rig.waitForLine('"chunk.handed-back"', location.split('/').at(-1) ?? '');
  end();
}

/** Delivers a chunk while another owner has claimed it, and again after that owner has settled it. */
async function loseClaim(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}, {}]);
  const job = await commitLostJob(rig.unobserved, tenant, ids, 0);
  await withDynamoDB(rig, async (client) => {
    const chunks = new DynamoDBChunks(client, findName(rig.stack.tables, 'TablesJobs'));
    await chunks.claim(makeChunkKey(job), 'another', Date.now(), Date.now() + 60_000);
    const message = await sendChunk(rig, job, ids);
    await rig.waitForLine('"race.lost"', '"claim"', job.jobId);
    await chunks.settle(makeChunkKey(job), 'another', [], Date.now());
    await endVisibilityTimeout(rig, message);
  });
  await rig.waitForLine('"job.finished"', job.jobId);
}

/** Lets another owner take over the claim and settle the chunk right before the worker's result arrives. */
async function loseSettlement(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}, {}]);
  const lost = rig.dynamoDBCalls.interceptNext(
    'UpdateItem',
    [tenant.projectId, 'SET settled_at = :now'],
    async ({ body }, forward) => {
      const { TableName, Key } = JSON.parse(body.toString()) as {
        TableName: string;
        Key: Record<string, { S: string }>;
      };
      await setAttributes(rig, TableName, Key, {
        claimed_by: 'another',
        settled_at: Date.now(),
        failures: [],
      });
      return forward();
    },
  );
  await rig.client.run(tenant, ids);
  await lost;
}

/**
 * Lets a user change the target group right before the worker's write, and back again before its read. The
 * worker reads it because the answer does not bring it, as on dynalite.
 */
async function loseMove(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}]);
  const [id = ''] = ids;
  const lost = rig.dynamoDBCalls.interceptNext(
    'UpdateItem',
    [findName(rig.stack.tables, 'TargetGroups'), id],
    async (_call, forward) => {
      await setTargetGroup(rig, tenant, id, { status: 'draft' });
      const answer = await forward();
      await setTargetGroup(rig, tenant, id, { status: 'paused' });
      const refusal = { ...(JSON.parse(answer.body.toString()) as object), Item: undefined };
      const body = Buffer.from(JSON.stringify(refusal));
      return { ...answer, headers: { ...answer.headers, 'content-length': String(body.length) }, body };
    },
  );
  await rig.client.run(tenant, ids);
  await lost;
}

/** Sends the write that takes the ended job out of the index twice: the worker receives the second answer. */
async function loseClosing(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}]);
  const lost = rig.dynamoDBCalls.interceptNext(
    'UpdateItem',
    [tenant.projectId, 'REMOVE #shard'],
    carryOutTwice,
  );
  await rig.client.run(tenant, ids);
  await lost;
}

async function sendUnparsableMessage(rig: AlarmRig, queue: QueueName): Promise<void> {
  const message = await sendMessage(rig, '{"chunk": "none"}', queue);
  await rig.waitForLine('"message.unparsable"', message.id);
  await removeMessage(rig, message);
}

/** Lets reconcile send the chunks of one job again, and lose the race for the look at another job. */
async function reconcileLostJobs(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}, {}]);
  const job = await commitLostJob(rig.unobserved, tenant, ids, 1000);
  await rig.stack.runSchedules();
  await rig.waitForLine('"job.finished"', job.jobId);

  const other = await commitLostJob(rig.unobserved, tenant, ids, 1000);
  const lost = rig.dynamoDBCalls.interceptNext('UpdateItem', [other.jobId, 'settled_seen'], carryOutTwice);
  await rig.stack.runSchedules();
  await lost;
}
