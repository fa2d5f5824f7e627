/**
 * `npm run chaos`: many jobs on the local stack while its functions are killed, its stores throttle and lose
 * answers, messages are doubled, clients repeat themselves and users pause what was resumed. Every job must end,
 * with one right outcome for each target group. On the DynamoDB at DYNAMODB_ENDPOINT, or an embedded one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { BatchWriter } from '../../local/data/write.ts';
import { startEmulators } from '../../local/emulators/emulators.ts';
import { startLocalStack } from '../../local/stack.ts';
import { readTargetGroup, targetGroupKey } from '../../src/adapters/dynamodb/target-group-item.ts';
import type { TargetGroup } from '../../src/domain/target-group.ts';
import { aTargetGroup, anId } from '../support/builders.ts';
import { Client, type JobBody, locationOf } from '../support/client.ts';
import { dynamoDBOf, nameLike } from '../support/e2e.ts';
import { Random } from '../simulation/random.ts';
import { type Before, audit } from './audit.ts';
import { Proxy } from './proxy.ts';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '50' },
    ids: { type: 'string', default: '1000' },
    kill: { type: 'string', default: '0.2' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '20' },
  },
});
const JOBS = Number(values.jobs);
const IDS = Number(values.ids);
const chance = new Random(Number(values.seed));
const random = () => chance.next();

/** Short times, so that what was killed is taken up again within a minute. */
const SETTINGS = {
  stackName: `Chaos${process.pid}`,
  workerTimeoutSeconds: 10,
  clockSkewSeconds: 1,
  stalledSeconds: 75,
  deadlineSeconds: 3600,
  chunkSize: 100,
  logLevel: 'WARN',
};

const SITUATIONS: Partial<TargetGroup>[] = [
  {},
  {},
  {},
  {},
  {},
  { status: 'live' },
  { status: 'draft' },
  { status: 'archived' },
  { currentCompletes: 100 },
];

console.log(
  `${JOBS} jobs of ${IDS} target groups, ${values.kill} of all invocations killed, seed ${values.seed}`,
);
const emulators = await startEmulators({ dynamodb: process.env['DYNAMODB_ENDPOINT'] }, (error) => {
  throw error;
});
const trouble = { throttled: 0.02, unanswered: 0.005 };
const dynamoDB = new Proxy({
  target: emulators.dynamodb,
  trouble: { ...trouble, repeated: 0 },
  throttlingError: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  mayRepeat: () => false,
  random,
});
const sqs = new Proxy({
  target: emulators.sqs,
  trouble: { ...trouble, repeated: 0.2 },
  throttlingError: 'com.amazonaws.sqs#RequestThrottled',
  mayRepeat: (operation) => operation.startsWith('SendMessage'),
  random,
});
const stack = await startLocalStack({
  context: SETTINGS,
  killShare: Number(values.kill),
  dynamodbEndpoint: await dynamoDB.listen(),
  sqsEndpoint: await sqs.listen(),
});

// The auditor looks past the proxies, at what is really stored.
const direct = dynamoDBOf({ ...stack, endpoints: emulators });
const table = nameLike(stack.tables, 'TargetGroups');
const tenant = { accountId: 101, projectId: anId('P') };
const before = new Map<string, Before>();
const asked = await seed();
dynamoDB.troubled = true;
sqs.troubled = true;

const start = Date.now();
let done = 0;
const client = await Client.of(stack.url);
const ended = new AbortController();
const looking = [
  everySoOften(20_000, () => {
    console.log(`${((Date.now() - start) / 1000).toFixed(0)} s: ${done} of ${JOBS} jobs have ended`);
    return Promise.resolve();
  }),
  everySoOften(1_000, userPauses),
  everySoOften(10_000, () => stack.runSchedules()),
];
const limit = setTimeout(
  () => {
    console.log(`not all jobs ended within ${values.minutes} minutes`);
    process.exit(1);
  },
  Number(values.minutes) * 60_000,
);
const jobs = await Promise.all(asked.map((ids, i) => runJob(ids, i)));
clearTimeout(limit);
ended.abort();
await Promise.all(looking);

const broken: string[] = [];
for (const [i, job] of jobs.entries()) {
  const ids = asked[i] ?? [];
  const after = new Map<string, TargetGroup>();
  for (const id of ids) {
    const group = await read(id);
    if (group !== undefined) after.set(id, group);
  }
  broken.push(...audit(job, ids, before, after));
}
const pauses = [...before.values()].reduce((sum, each) => sum + each.pauses, 0);
console.log(
  `DynamoDB calls ${JSON.stringify(dynamoDB.counts)}, SQS calls ${JSON.stringify(sqs.counts)}, pauses ${pauses}`,
);
console.log(
  `${jobs.length} jobs ended in ${((Date.now() - start) / 1000).toFixed(0)} s, ${broken.length} broken promises`,
);
for (const sentence of broken.slice(0, 20)) console.log(sentence);
await stack.stop();
dynamoDB.close();
sqs.close();
await emulators.stop();
process.exit(broken.length > 0 ? 1 : 0);

/** Writes the target groups of all jobs; one id in twenty is of none. @returns the ids that each job asks for */
async function seed(): Promise<string[][]> {
  const writer = new BatchWriter(direct, table);
  await writer.put({ type: 'project', tenant });
  const lists: string[][] = [];
  for (let job = 0; job < JOBS; job += 1) {
    const ids: string[] = [];
    for (let i = 0; i < IDS; i += 1) {
      if (i % 20 === 0) {
        ids.push(anId('U'));
        continue;
      }
      const endFieldingAt = '2099-01-01T00:00:00.000Z';
      const group = aTargetGroup({ ...tenant, endFieldingAt, ...SITUATIONS[i % SITUATIONS.length] });
      await writer.put({ type: 'target_group', group });
      before.set(group.targetGroupId, { group, pauses: 0 });
      ids.push(group.targetGroupId);
    }
    lists.push(ids);
  }
  await writer.flush();
  return lists;
}

/** Asks until a 201 comes, some at once, then polls until the job has ended. */
async function runJob(ids: readonly string[], i: number): Promise<JobBody> {
  await pause(i * 200);
  const key = { 'idempotency-key': `chaos-${values.seed}-${i}` };
  const ask = async (): Promise<string> => {
    for (;;) {
      const answer = await client.create(tenant, ids, key).catch(() => undefined);
      if (answer?.status === 201) return locationOf(answer);
      if (answer !== undefined && answer.status < 500)
        throw new Error(`create: ${answer.status} ${answer.text}`);
      await pause(500 * random());
    }
  };
  const locations = new Set(await Promise.all(Array.from({ length: 1 + (i % 3) }, ask)));
  const [location = ''] = locations;
  if (locations.size > 1) throw new Error(`one key, ${locations.size} jobs`);
  for (;;) {
    const answer = await client.get(location).catch(() => undefined);
    if (answer !== undefined && answer.status < 500 && answer.status !== 200) {
      throw new Error(`status: ${answer.status} ${answer.text}`);
    }
    if (answer?.status === 200) {
      const job = JSON.parse(answer.text) as JobBody;
      if (job.status !== 'Processing') {
        done += 1;
        return job;
      }
    }
    // Rarely: a poll that is killed costs a start of the function, which the workers need the CPU for.
    await pause(8_000 + 8_000 * random());
  }
}

async function read(targetGroupId: string): Promise<TargetGroup | undefined> {
  const key = { ...tenant, targetGroupId };
  const { pk } = targetGroupKey(key);
  const { Item } = await direct.send(
    new GetItemCommand({ TableName: table, Key: { pk: { S: pk } }, ConsistentRead: true }),
  );
  return Item && readTargetGroup(key, unmarshall(Item));
}

/** A user pauses some that are live, which only a job can have made them or they always were. */
async function userPauses(): Promise<void> {
  const all = [...before.values()];
  for (let i = 0; i < 20; i += 1) {
    const each = all[Math.floor(random() * all.length)];
    if (each?.group.status !== 'paused') continue;
    try {
      await direct.send(
        new UpdateItemCommand({
          TableName: table,
          Key: { pk: { S: targetGroupKey(each.group).pk } },
          UpdateExpression: 'SET #status = :paused, version = version + :one',
          ConditionExpression: '#status = :live',
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: {
            ':paused': { S: 'paused' },
            ':live': { S: 'live' },
            ':one': { N: '1' },
          },
        }),
      );
      each.pauses += 1;
    } catch (error) {
      if (!(error instanceof Error && error.name === 'ConditionalCheckFailedException')) throw error;
    }
  }
}

async function everySoOften(ms: number, act: () => Promise<unknown>): Promise<void> {
  while (!ended.signal.aborted) {
    await act();
    await pause(ms, undefined, { signal: ended.signal }).catch(() => undefined);
  }
}
