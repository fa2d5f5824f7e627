/**
 * A mixed load with the failures of every day: what a healthy service sees and copes with, and no alarm is
 * raised for. Every metric that it brings about it brings about for certain: races are lost because somebody
 * meddles.
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

/** So many that the alarm on latency looks at them, and not so many that two slow ones are no longer one in a hundred. */
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

/** The token issuer does not answer before any function has its keys; then it does. */
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
  // A function without keys looks again after a second.
  for (const call of calls) {
    await until(async () => (await call()).status !== 401, 200);
  }
}

/** Updated, not found, and not allowed. */
async function jobsOfAllOutcomes(stage: Stage): Promise<void> {
  const { client } = stage;
  const { tenant, ids } = await aProject(stage.behind, [{}, {}, { status: 'draft' }]);
  const asked = [...ids, anId('U')];
  const location = locationOf(await client.create(tenant, asked));
  const job = await client.untilEnded(location);
  if (job.status !== 'Completed') throw new Error(`the job is ${job.status}`);
  // Two at a time, for no more are let run.
  const reads = async () => {
    for (let read = 0; read < READS / 2; read += 1) await client.get(location);
  };
  await Promise.all([reads(), reads()]);
}

/** With the idempotency record; with another body; without the record; without an idempotency table. */
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

/** The table of target groups throttles until the worker gives the chunk back. */
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

/** A second delivery while somebody is at the chunk, then one after he has settled it. */
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

/** The claim is taken over, and the chunk settled, right before the worker's own result arrives. */
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

/** A user has the target group in another state when the worker writes, and not any more when it reads. */
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

/** Somebody else takes the finished job out of the index. */
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

/** Reconcile sends the chunks of one again; another is looked after by somebody else. */
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
