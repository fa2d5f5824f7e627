/**
 * Defines for each alarm the fault that must raise it. The datapoints of the fault are added to those of the
 * load; no other alarm may be raised.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { makeFieldingRunsPath, makeJobPath } from '../../../api/paths.ts';
import { deriveOpenJobSeconds } from '../../../lib/observability/job-alarms.ts';
import { OPEN_JOBS_INDEX } from '../../../src/adapters/dynamodb/open-jobs-index.ts';
import { hangUp, keepSilent } from '../../../tools/kit/http-server.ts';
import type { InvocationResult } from '../../../tools/local/functions/messages.ts';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { DynamoDBBacklog } from '../../../src/adapters/dynamodb/backlog.ts';
import { makeEmulatorConfig } from '../../../tools/kit/emulator.ts';
import { DynamoDBJobs } from '../../../src/adapters/dynamodb/jobs.ts';
import type { Job } from '../../../src/domain/job.ts';
import { formatTimestamp } from '../../../src/domain/time.ts';
import { aJob, aLook, anId } from '../../support/builders.ts';
import { Client, readLocation } from '../../support/api-client.ts';
import { aProject, findName } from '../../support/e2e.ts';
import { commitLostJob } from '../../support/lost-job.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { makeAwsDatapoint } from './aws-metrics.ts';
import { makeRefusal } from './call-interceptor.ts';
import { type AlarmRig, CONFIG } from './alarm-rig.ts';
import {
  DEAD_LETTERS,
  endVisibilityTimeout,
  type QueueName,
  sendMessage,
  setTargetGroup,
  withDynamoDB,
} from './tampering.ts';

export interface Fault {
  /** The fault in words, for the title of its test. */
  readonly what: string;
  readonly drive: (rig: AlarmRig) => Promise<unknown>;
  /** Other alarms that the fault must raise too. */
  readonly alsoRaises?: readonly string[];
  /** Whether it runs during the load, because it takes seconds; its datapoints are collected separately. */
  readonly runsDuringLoad?: boolean;
  /** Whether it is judged without the load, because the fault is that datapoints are absent. */
  readonly replacesLoad?: boolean;
}

/** Number of failures: more than 5 % of the load's invocations of any function, and of its requests. */
const FAILURES = 12;

/** Requests with a bad token: more than half of those of the load. */
const BAD_TOKENS = 150;

/** Concurrent invocations: more than the limit, by more than an alarm on throttles tolerates. */
const BURST = 20;

/** Functions that need an event, and throw if they are invoked without one. */
const FUNCTIONS_WITH_EVENT = ['CreateJob', 'GetJob', 'GetFieldingRuns', 'NotFound', 'Worker'];

export const FAULTS: Readonly<Record<string, Fault>> = {
  DeadLetters: { what: 'a message that fails at every delivery', drive: makeDeadLetter('Chunks') },
  GiveUpDeadLetters: { what: 'a give-up that fails at every delivery', drive: makeDeadLetter('GiveUps') },
  JobsFailed: { what: 'a job with a damaged target group', drive: damageRecord },
  OldestOpenJob: { what: 'a job that has been open for more than half an hour', drive: makeOldJob },
  ReconcileSilent: {
    what: 'reconcile cannot read the index of open jobs',
    drive: failReconcile,
    alsoRaises: ['ReconcileErrors'],
    replacesLoad: true,
  },
  JobsNotReconciled: { what: 'a job whose request is gone', drive: makeJobWithoutRequest },
  MessageAge: { what: 'a message that a worker holds for ten minutes', drive: holdWorker },
  FanOutsFailed: { what: 'a queue that accepts no messages', drive: refuseMessages },
  StackFull: { what: 'more open work than the workers carry out', drive: fillStack },
  AccountFull: { what: 'an account with all the open jobs that it may have', drive: fillAccount },
  AdmissionsUnknown: { what: 'an index of open jobs that creates cannot read', drive: refuseAdmission },
  IdempotencyConflicts: { what: 'a client that uses a key again and again', drive: reuseKey },
  TargetGroupsThrottled: {
    what: 'a target groups table that refuses a hundred writes',
    drive: throttleWrites('TargetGroups'),
  },
  JobsThrottled: { what: 'a jobs table that refuses a hundred writes', drive: throttleWrites('TablesJobs') },
  OpenJobsIndexThrottled: { what: 'an index that throttles its table', drive: throttleIndex },
  IdempotencyThrottled: {
    what: 'an idempotency table that refuses a hundred writes',
    drive: throttleWrites('Idempotency'),
  },
  AccountConcurrency: { what: 'other functions of the account, 900 at once', drive: takeConcurrency },
  ApiErrors: { what: 'a table that cannot be read', drive: refuseReads },
  ApiLatency: { what: 'a table that takes seconds to answer', drive: slowDownReads, runsDuringLoad: true },
  KeySetsNotRenewed: { what: 'an issuer whose keys cannot be fetched', drive: failIssuer },
  TokensRefused: { what: 'many requests without a valid token', drive: sendBadTokens },
  RequestsUnavailable: {
    what: 'tokens with a new key while the issuer is down',
    drive: useNewKey,
    alsoRaises: ['ApiErrors'],
  },
  ReconcileErrors: { what: 'reconcile cannot read the index of open jobs', drive: failReconcile },
  ReconcileThrottles: { what: 'more concurrent runs than the limit', drive: makeBurst('Reconcile', {}) },
  ...Object.fromEntries(
    FUNCTIONS_WITH_EVENT.flatMap((name) => [
      [`${name}Errors`, { what: `invocations of ${name} that throw`, drive: makeCrashes(name) }],
      [
        `${name}Throttles`,
        {
          what: `more concurrent calls of ${name} than the limit`,
          drive: makeBurst(name, name === 'Worker' ? { Records: [] } : null),
        },
      ],
    ]),
  ),
};

/**
 * Reads a target group twice at once, while its table answers only the last attempt of each read. A function
 * gives up each attempt after 2 s, so a request takes at least 6 s: one second more than the threshold of the
 * alarm.
 */
async function slowDownReads(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}]);
  const path = makeFieldingRunsPath(tenant, ids[0] ?? '');
  rig.observations.slowPath = path;
  rig.dynamoDBCalls.interceptAll('GetItem', [ids[0] ?? ''], ({ headers }, forward) => {
    const attempt = /attempt=(\d+); max=(\d+)/.exec(String(headers['amz-sdk-request']));
    return attempt?.[1] === attempt?.[2] ? forward() : keepSilent();
  });
  await Promise.all([rig.client.get(path), rig.client.get(path)]);
}

function makeDeadLetter(queue: QueueName) {
  return async (rig: AlarmRig): Promise<void> => {
    const message = await sendMessage(rig, 'no chunk', queue);
    for (let deliveries = 1; deliveries <= 3; deliveries += 1) {
      await waitUntil(() => message.receives === deliveries);
      await waitUntil(() => countDeliveries(rig, message.id) === deliveries);
      await endVisibilityTimeout(rig, message);
    }
    // The next receive moves it to the dead-letter queue.
    const deadLetters = DEAD_LETTERS[queue];
    await waitUntil(async () => (await rig.countWaiting(deadLetters)) > 0);
    await rig.sample();
    await rig.sqs.send(new PurgeQueueCommand({ QueueUrl: findName(rig.stack.queues, deadLetters) }));
  };
}

function countDeliveries(rig: AlarmRig, messageId: string): number {
  return rig.observations.lines.filter(
    ({ text }) => text.includes('"message.unparsable"') && text.includes(messageId),
  ).length;
}

async function damageRecord(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}, {}]);
  await setTargetGroup(rig, tenant, ids[0] ?? '', { version: 'three' });
  await rig.client.run(tenant, ids);
}

async function makeOldJob(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}, {}]);
  const { jobId } = await commitLostJob(rig.unobserved, tenant, ids, deriveOpenJobSeconds(CONFIG) + 100);
  await rig.stack.runSchedules();
  await rig.waitForLine('"job.finished"', jobId);
}

async function failReconcile(rig: AlarmRig): Promise<void> {
  const jobs = findName(rig.stack.tables, 'TablesJobs');
  const end = rig.dynamoDBCalls.interceptAll(
    'Query',
    [jobs, OPEN_JOBS_INDEX],
    makeRefusal('ValidationException'),
  );
  for (let run = 0; run < FAILURES / 3; run += 1) requireFailure((await rig.stack.runSchedules())[0]?.result);
  end();
}

async function makeJobWithoutRequest(rig: AlarmRig): Promise<void> {
  const { tenant } = await aProject(rig.unobserved);
  await commitJob(rig, { ...tenant, look: aLook({ dueAt: formatTimestamp(Date.now()) }) });
  await rig.stack.runSchedules();
}

/** Commits a job that was created now, and has neither a request nor messages. */
async function commitJob(rig: AlarmRig, overrides: Partial<Job>): Promise<void> {
  const now = Date.now();
  const job = aJob({
    jobId: anId('J'),
    createdAt: formatTimestamp(now),
    expiresAt: Math.floor(now / 1000) + 86_400,
    ...overrides,
  });
  await withDynamoDB(rig, (client) =>
    new DynamoDBJobs(client, findName(rig.stack.tables, 'TablesJobs')).commit(job, anId('O'), now),
  );
}

/** Samples the queues as if the time of the alarm had passed while the worker waits for its claim. */
async function holdWorker(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}]);
  const answer = Promise.withResolvers<undefined>();
  const hanging = Promise.withResolvers<undefined>();
  const held = rig.dynamoDBCalls.interceptNext(
    'UpdateItem',
    [tenant.projectId, 'SET claimed_by = :owner'],
    async (_call, forward) => {
      hanging.resolve(undefined);
      await answer.promise;
      return forward();
    },
  );
  const location = readLocation(await rig.client.create(tenant, ids));
  await hanging.promise;
  await rig.sample(Date.now() + (CONFIG.stalledSeconds + 1) * 1_000);
  answer.resolve(undefined);
  await held;
  await rig.client.waitUntilEnded(location);
}

async function refuseMessages(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}]);
  const end = rig.sqsCalls.interceptAll('SendMessageBatch', [], makeRefusal('RequestThrottled'));
  const created = await rig.client.create(tenant, ids);
  end();
  if (created.status !== 201) throw new Error(`the job was not accepted: ${created.status}`);
}

/** Stores the pass of a reconcile that has counted more than all workers move. */
async function fillStack(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}]);
  const savePass = (targetGroups: number) =>
    withDynamoDB(rig, (client) =>
      new DynamoDBBacklog(client, findName(rig.stack.tables, 'TablesJobs'), 3_600_000).savePass(
        targetGroups,
        Date.now(),
      ),
    );
  await waitUntil(async () => {
    // Reconcile may have run since.
    await savePass(1e15);
    return (await rig.client.create(tenant, ids)).status === 503;
  });
  await savePass(0);
  // Until every instance reads again.
  await pause(2_500);
}

/** Fills an account of its own, because a function remembers for seconds that it is full. */
async function fillAccount(rig: AlarmRig): Promise<void> {
  const accountId = 4_711;
  const { tenant, ids } = await aProject(rig.unobserved, [{}], accountId);
  await commitJob(rig, {
    ...tenant,
    total: CONFIG.maxOpenTargetGroupsPerAccount,
    // Later than the test lasts.
    look: aLook({ dueAt: formatTimestamp(Date.now() + 3_600_000) }),
  });
  const client = await rig.makeClient(accountId);
  const { status } = await client.create(tenant, ids);
  if (status !== 429) throw new Error(`the account was not refused: ${status}`);
}

async function refuseAdmission(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}]);
  const end = rig.dynamoDBCalls.interceptAll(
    'Query',
    [OPEN_JOBS_INDEX, `"${tenant.accountId}#"`],
    makeRefusal('ValidationException'),
  );
  const created = await rig.client.create(tenant, ids);
  end();
  await rig.client.waitUntilEnded(readLocation(created));
}

/** Writes as another program does, while the table takes nothing. The functions would pause for minutes. */
function throttleWrites(table: string) {
  return async (rig: AlarmRig): Promise<void> => {
    const TableName = findName(rig.stack.tables, table);
    const key = anId('W');
    const end = rig.dynamoDBCalls.interceptAll(
      'PutItem',
      [key],
      makeRefusal('ProvisionedThroughputExceededException'),
    );
    const client = new DynamoDBClient({
      ...makeEmulatorConfig(rig.stack.endpoints.dynamodb),
      maxAttempts: 1,
    });
    for (let write = 0; write < CONFIG.alarmTableThrottles; write += 1) {
      await client.send(new PutItemCommand({ TableName, Item: { pk: { S: key } } })).catch(() => undefined);
    }
    client.destroy();
    end();
  };
}

/** Publishes what AWS would: the answer to a write does not say whether an index throttled it. */
function throttleIndex(rig: AlarmRig): Promise<void> {
  const dimensions = {
    TableName: findName(rig.stack.tables, 'TablesJobs'),
    GlobalSecondaryIndexName: OPEN_JOBS_INDEX,
  };
  const { publish } = rig.observations;
  publish(makeAwsDatapoint('AWS/DynamoDB', 'WriteThrottleEvents', dimensions, CONFIG.alarmTableThrottles));
  return Promise.resolve();
}

/** Publishes what AWS would: the functions of other stacks do not run here. */
function takeConcurrency(rig: AlarmRig): Promise<void> {
  rig.observations.publish(makeAwsDatapoint('AWS/Lambda', 'ClaimedAccountConcurrency', {}, 900));
  return Promise.resolve();
}

async function reuseKey(rig: AlarmRig): Promise<void> {
  const { tenant, ids } = await aProject(rig.unobserved, [{}]);
  const key = { 'idempotency-key': anId('K') };
  await rig.client.waitUntilEnded(readLocation(await rig.client.create(tenant, ids, key)));
  for (let call = 0; call < FAILURES; call += 1) await rig.client.create(tenant, [anId('T')], key);
}

async function refuseReads(rig: AlarmRig): Promise<void> {
  const { tenant } = await aProject(rig.unobserved);
  const jobs = findName(rig.stack.tables, 'TablesJobs');
  const end = rig.dynamoDBCalls.interceptAll(
    'GetItem',
    [jobs, tenant.projectId],
    makeRefusal('ValidationException'),
  );
  for (let call = 0; call < FAILURES; call += 1) {
    await rig.client.get(makeJobPath(tenant, 'resume', anId('J')));
  }
  end();
}

async function failIssuer(rig: AlarmRig): Promise<void> {
  rig.issuer.answer = hangUp;
  await rig.stack.runSchedules();
  rig.issuer.answer = undefined;
}

/** More than a quarter of all requests, those of the load included. */
async function sendBadTokens(rig: AlarmRig): Promise<void> {
  const { tenant } = await aProject(rig.unobserved);
  const client = new Client(rig.stack.url, 'no.token.atall');
  for (let call = 0; call < BAD_TOKENS; call += 1) await client.get(makeJobPath(tenant, 'resume', anId('J')));
}

async function useNewKey(rig: AlarmRig): Promise<void> {
  const { tenant } = await aProject(rig.unobserved);
  await rig.issuer.addKey('new');
  const client = new Client(rig.stack.url, await rig.signToken('new'));
  rig.issuer.answer = hangUp;
  for (let call = 0; call < FAILURES; call += 1) {
    const { status } = await client.get(makeJobPath(tenant, 'resume', anId('J')));
    if (status !== 503) throw new Error(`the answer is ${status}`);
  }
  rig.issuer.answer = undefined;
}

function makeCrashes(name: string) {
  return async (rig: AlarmRig): Promise<void> => {
    for (let call = 0; call < FAILURES; call += 1) {
      requireFailure(await rig.stack.invoke(rig.findFunctionId(name), null));
    }
  };
}

function makeBurst(name: string, event: unknown) {
  return (rig: AlarmRig): Promise<unknown> =>
    Promise.all(Array.from({ length: BURST }, () => rig.stack.invoke(rig.findFunctionId(name), event)));
}

function requireFailure(result: InvocationResult | undefined): void {
  if (result?.ok !== false) throw new Error('the invocation did not fail');
}
