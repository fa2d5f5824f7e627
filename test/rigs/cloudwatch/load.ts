/**
 * Runs a mixed load with everyday failures, for which no alarm may be raised. It produces each of its metrics
 * reliably: intercepted calls decide which race is lost.
 */
import { collectionPath, fieldingRunsPath, jobPath } from '../../../api/paths.ts';
import { DynamoDBChunks } from '../../../src/adapters/dynamodb/chunks.ts';
import { anId, chunkOf } from '../../support/builders.ts';
import { Client, locationOf } from '../../support/client.ts';
import { aProject, nameLike } from '../../support/e2e.ts';
import { aLostJob } from '../../support/lost-job.ts';
import { until } from '../../support/until.ts';
import { refused, twice } from './meddler.ts';
import type { Stage } from './stage.ts';
import {
  forgetCalls,
  remove,
  returnNow,
  send,
  sendChunk,
  setAttributes,
  setTargetGroup,
  withDynamoDB,
} from './tampering.ts';

/** Enough requests for the alarm on latency to evaluate them, and so few that two slow ones are over 1 %. */
const READS = 120;

export async function mixedLoad(stage: Stage): Promise<void> {
  const handedBack = throttledTable(stage);
  await jobsOfAllOutcomes(stage);
  await repeats(stage);
  await refusedRequests(stage);
  await lostClaim(stage);
  await lostSettlement(stage);
  await lostMove(stage);
  await lostClosing(stage);
  await unparsable(stage);
  await lostJobs(stage);
  await handedBack;
}

/** Lets the token issuer answer without keys until each function has asked for them; then with keys. */
export async function issuerAway(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}]);
  const calls = [
    () => stage.client.get(fieldingRunsPath(tenant, ids[0] ?? '')),
    () => stage.client.get(jobPath(tenant, 'resume', anId('J'))),
    () => stage.client.create(tenant, []),
  ];
  stage.issuer.answer = () => ({ status: 200, body: '<html>maintenance</html>' });
  for (const call of calls) await call();
  stage.issuer.answer = undefined;
  // A function without keys fetches them again after a second.
  for (const call of calls) {
    await until(async () => (await call()).status !== 401, 200);
  }
}

/** Runs a job with all three outcomes (updated, not found, not allowed), and reads it many times. */
async function jobsOfAllOutcomes(stage: Stage): Promise<void> {
  const { client } = stage;
  const { tenant, ids } = await aProject(stage.behind, [{}, {}, { status: 'draft' }]);
  const asked = [...ids, anId('U')];
  const location = locationOf(await client.create(tenant, asked));
  const job = await client.untilEnded(location);
  if (job.status !== 'Completed') throw new Error(`the job is ${job.status}`);
  // Two at a time, because of the concurrency limit.
  const reads = async () => {
    for (let read = 0; read < READS / 2; read += 1) await client.get(location);
  };
  await Promise.all([reads(), reads()]);
}

/** Repeats creates: with the idempotency record, with another body, without the record, without the table. */
async function repeats(stage: Stage): Promise<void> {
  const { client, dynamoDB } = stage;
  const { tenant, ids } = await aProject(stage.behind, [{}, {}]);
  const key = { 'idempotency-key': anId('K') };
  await client.untilEnded(locationOf(await client.create(tenant, ids, key)));
  await client.create(tenant, ids, key);
  await client.create(tenant, ids.slice(1), key);
  await forgetCalls(stage);
  await client.create(tenant, ids, key);

  const table = nameLike(stage.stack.tables, 'Idempotency');
  const refusal = dynamoDB.once('PutItem', [table], refused('ValidationException'));
  await client.untilEnded(locationOf(await client.create(tenant, ids)));
  await refusal;
}

async function refusedRequests(stage: Stage): Promise<void> {
  const { tenant } = await aProject(stage.behind);
  await stage.client.get('/nowhere');
  await stage.client.post(collectionPath(tenant, 'resume'), '{}');
  await stage.client.create({ ...tenant, projectId: anId('P') }, [anId()]);
  await new Client(stage.stack.url, 'no.token.atall').create(tenant, [anId()]);
}

/** Throttles the target groups table until the worker has handed its chunk back. */
async function throttledTable(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}]);
  const end = stage.dynamoDB.always(
    'UpdateItem',
    [nameLike(stage.stack.tables, 'TargetGroups'), ids[0] ?? ''],
    refused('ProvisionedThroughputExceededException'),
  );
  const location = locationOf(await stage.client.create(tenant, ids));
  await stage.line('"chunk.handed-back"', location.split('/').at(-1) ?? '');
  end();
}

/** Delivers a chunk while another owner has claimed it, and again after that owner has settled it. */
async function lostClaim(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}, {}]);
  const job = await aLostJob(stage.behind, tenant, ids, 0);
  await withDynamoDB(stage, async (client) => {
    const chunks = new DynamoDBChunks(client, nameLike(stage.stack.tables, 'TablesJobs'));
    await chunks.claim(chunkOf(job), 'another', Date.now(), Date.now() + 60_000);
    const message = await sendChunk(stage, job, ids);
    await stage.line('"race.lost"', '"claim"', job.jobId);
    await chunks.settle(chunkOf(job), 'another', [], Date.now());
    await returnNow(stage, message);
  });
  await stage.line('"job.finished"', job.jobId);
}

/** Lets another owner take over the claim and settle the chunk right before the worker's result arrives. */
async function lostSettlement(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}, {}]);
  const lost = stage.dynamoDB.once(
    'UpdateItem',
    [tenant.projectId, 'SET settled_at = :now'],
    async ({ body }, forward) => {
      const { TableName, Key } = JSON.parse(body.toString()) as {
        TableName: string;
        Key: Record<string, { S: string }>;
      };
      await setAttributes(stage, TableName, Key, {
        claimed_by: 'another',
        settled_at: Date.now(),
        failures: [],
      });
      return forward();
    },
  );
  await stage.client.run(tenant, ids);
  await lost;
}

/** Lets a user change the target group right before the worker's write, and back again before its read. */
async function lostMove(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}]);
  const [id = ''] = ids;
  const lost = stage.dynamoDB.once(
    'UpdateItem',
    [nameLike(stage.stack.tables, 'TargetGroups'), id],
    async (_call, forward) => {
      await setTargetGroup(stage, tenant, id, { status: 'draft' });
      const answer = await forward();
      await setTargetGroup(stage, tenant, id, { status: 'paused' });
      return answer;
    },
  );
  await stage.client.run(tenant, ids);
  await lost;
}

/** Sends the write that takes the ended job out of the index twice: the worker receives the second answer. */
async function lostClosing(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}]);
  const lost = stage.dynamoDB.once('UpdateItem', [tenant.projectId, 'REMOVE #open'], twice);
  await stage.client.run(tenant, ids);
  await lost;
}

async function unparsable(stage: Stage): Promise<void> {
  const message = await send(stage, '{"chunk": "none"}');
  await stage.line('"message.unparsable"', message.id);
  await remove(stage, message);
}

/** Lets reconcile send the chunks of one job again, and lose the race for the look at another job. */
async function lostJobs(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}, {}]);
  const job = await aLostJob(stage.behind, tenant, ids, 1000);
  await stage.stack.runSchedules();
  await stage.line('"job.finished"', job.jobId);

  const other = await aLostJob(stage.behind, tenant, ids, 1000);
  const lost = stage.dynamoDB.once('UpdateItem', [other.jobId, 'settled_seen'], twice);
  await stage.stack.runSchedules();
  await lost;
}
