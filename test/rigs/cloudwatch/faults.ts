/**
 * Defines for each alarm the fault that must raise it. The datapoints of the fault are added to those of the
 * load; no other alarm may be raised.
 */
import { fieldingRunsPath, jobPath } from '../../../api/paths.ts';
import { OPEN_JOBS_INDEX } from '../../../src/adapters/dynamodb/open-jobs-index.ts';
import { keepSilent } from '../../../tools/kit/http-server.ts';
import type { InvocationResult } from '../../../tools/local/functions/messages.ts';
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { DynamoDBJobs } from '../../../src/adapters/dynamodb/jobs.ts';
import { timestamp } from '../../../src/domain/time.ts';
import { aJob, anId } from '../../support/builders.ts';
import { locationOf } from '../../support/client.ts';
import { aProject, nameLike } from '../../support/e2e.ts';
import { aLostJob } from '../../support/lost-job.ts';
import { until } from '../../support/until.ts';
import { refused } from './meddler.ts';
import type { Stage } from './stage.ts';
import { returnNow, send, setTargetGroup, withDynamoDB } from './tampering.ts';

export interface Fault {
  /** The fault in words, for the title of its test. */
  readonly what: string;
  readonly drive: (stage: Stage) => Promise<unknown>;
  /** Other alarms that the fault must raise too. */
  readonly alsoRaises?: readonly string[];
  /** Whether it runs during the load, because it takes seconds; its datapoints are collected separately. */
  readonly besideTheLoad?: boolean;
  /** Whether it is judged without the load, because the fault is that datapoints are absent. */
  readonly insteadOfTheLoad?: boolean;
}

/** Number of failures: more than 5 % of the load's invocations of any function, and of its requests. */
const FAILURES = 12;

/** Concurrent invocations: more than the limit, by more than an alarm on throttles tolerates. */
const BURST = 20;

/** Functions that need an event, and throw if they are invoked without one. */
const CALLED = ['CreateJob', 'GetJob', 'GetFieldingRuns', 'NotFound', 'Worker'];

export const FAULTS: Readonly<Record<string, Fault>> = {
  DeadLetters: { what: 'a message that fails at every delivery', drive: deadLetter },
  JobsFailed: { what: 'a job with a damaged target group', drive: damagedRecord },
  OldestOpenJob: { what: 'a job that has been open for more than half an hour', drive: oldJob },
  ReconcileSilent: {
    what: 'reconcile cannot read the index of open jobs',
    drive: reconcileFails,
    alsoRaises: ['ReconcileErrors'],
    insteadOfTheLoad: true,
  },
  JobsNotReconciled: { what: 'a job whose request is gone', drive: jobWithoutRequest },
  MessageAge: { what: 'a message that a worker holds for ten minutes', drive: hangingWorker },
  FanOutsFailed: { what: 'a queue that accepts no messages', drive: queueRefuses },
  IdempotencyConflicts: { what: 'a client that uses a key again and again', drive: conflicts },
  ApiErrors: { what: 'a table that cannot be read', drive: tableRefuses },
  ApiLatency: { what: 'a table that takes seconds to answer', drive: slowReads, besideTheLoad: true },
  ReconcileErrors: { what: 'reconcile cannot read the index of open jobs', drive: reconcileFails },
  ReconcileThrottles: { what: 'more concurrent runs than the limit', drive: burst('Reconcile', {}) },
  ...Object.fromEntries(
    CALLED.flatMap((name) => [
      [`${name}Errors`, { what: `invocations of ${name} that throw`, drive: crashes(name) }],
      [
        `${name}Throttles`,
        {
          what: `more concurrent calls of ${name} than the limit`,
          drive: burst(name, name === 'Worker' ? { Records: [] } : null),
        },
      ],
    ]),
  ),
};

/**
 * Reads a target group twice at once, while its table answers only the last attempt of each read. A function gives
 * up each attempt after 2 s, so a request takes at least 6 s: one second more than the threshold of the alarm.
 */
async function slowReads(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}]);
  const path = fieldingRunsPath(tenant, ids[0] ?? '');
  stage.seen.slowPath = path;
  stage.dynamoDB.always('GetItem', [ids[0] ?? ''], ({ headers }, forward) => {
    const attempt = /attempt=(\d+); max=(\d+)/.exec(String(headers['amz-sdk-request']));
    return attempt?.[1] === attempt?.[2] ? forward() : keepSilent();
  });
  await Promise.all([stage.client.get(path), stage.client.get(path)]);
}

async function deadLetter(stage: Stage): Promise<void> {
  const message = await send(stage, 'no chunk');
  for (let deliveries = 1; deliveries <= 3; deliveries += 1) {
    await until(() => message.receives === deliveries);
    await until(() => deliveredTimes(stage, message.id) === deliveries);
    await returnNow(stage, message);
  }
  // The next receive moves it to the dead-letter queue.
  await until(async () => (await stage.waiting('DeadLetters')) > 0);
  await stage.sample();
  await stage.sqs.send(new PurgeQueueCommand({ QueueUrl: nameLike(stage.stack.queues, 'DeadLetters') }));
}

function deliveredTimes(stage: Stage, messageId: string): number {
  return stage.seen.lines.filter(
    ({ text }) => text.includes('"message.unparsable"') && text.includes(messageId),
  ).length;
}

async function damagedRecord(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}, {}]);
  await setTargetGroup(stage, tenant, ids[0] ?? '', { version: 'three' });
  await stage.client.run(tenant, ids);
}

async function oldJob(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}, {}]);
  const { jobId } = await aLostJob(stage.behind, tenant, ids, 2_200);
  await stage.stack.runSchedules();
  await stage.line('"job.finished"', jobId);
}

async function reconcileFails(stage: Stage): Promise<void> {
  const jobs = nameLike(stage.stack.tables, 'TablesJobs');
  const end = stage.dynamoDB.always('Query', [jobs, OPEN_JOBS_INDEX], refused('ValidationException'));
  for (let run = 0; run < FAILURES / 3; run += 1) mustFail((await stage.stack.runSchedules())[0]?.result);
  end();
}

async function jobWithoutRequest(stage: Stage): Promise<void> {
  const { tenant } = await aProject(stage.behind);
  const now = Date.now();
  const job = aJob({
    ...tenant,
    jobId: anId('J'),
    createdAt: timestamp(now),
    expiresAt: Math.floor(now / 1000) + 86_400,
  });
  await withDynamoDB(stage, (client) =>
    new DynamoDBJobs(client, nameLike(stage.stack.tables, 'TablesJobs')).commit(
      job,
      anId('O'),
      now,
      timestamp(now),
    ),
  );
  await stage.stack.runSchedules();
}

/** Samples the queues as if ten minutes had passed while the worker waits for its claim. */
async function hangingWorker(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}]);
  const answer = Promise.withResolvers<undefined>();
  const hanging = Promise.withResolvers<undefined>();
  const held = stage.dynamoDB.once(
    'UpdateItem',
    [tenant.projectId, 'SET claimed_by = :owner'],
    async (_call, forward) => {
      hanging.resolve(undefined);
      await answer.promise;
      return forward();
    },
  );
  const location = locationOf(await stage.client.create(tenant, ids));
  await hanging.promise;
  await stage.sample(Date.now() + 601_000);
  answer.resolve(undefined);
  await held;
  await stage.client.untilEnded(location);
}

async function queueRefuses(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}]);
  const end = stage.queues.always('SendMessageBatch', [], refused('RequestThrottled'));
  const created = await stage.client.create(tenant, ids);
  end();
  if (created.status !== 201) throw new Error(`the job was not accepted: ${created.status}`);
}

async function conflicts(stage: Stage): Promise<void> {
  const { tenant, ids } = await aProject(stage.behind, [{}]);
  const key = { 'idempotency-key': anId('K') };
  await stage.client.untilEnded(locationOf(await stage.client.create(tenant, ids, key)));
  for (let call = 0; call < FAILURES; call += 1) await stage.client.create(tenant, [anId('T')], key);
}

async function tableRefuses(stage: Stage): Promise<void> {
  const { tenant } = await aProject(stage.behind);
  const jobs = nameLike(stage.stack.tables, 'TablesJobs');
  const end = stage.dynamoDB.always('GetItem', [jobs, tenant.projectId], refused('ValidationException'));
  for (let call = 0; call < FAILURES; call += 1) {
    await stage.client.get(jobPath(tenant, 'resume', anId('J')));
  }
  end();
}

function crashes(name: string) {
  return async (stage: Stage): Promise<void> => {
    for (let call = 0; call < FAILURES; call += 1) {
      mustFail(await stage.stack.invoke(stage.functionId(name), null));
    }
  };
}

function burst(name: string, event: unknown) {
  return (stage: Stage): Promise<unknown> =>
    Promise.all(Array.from({ length: BURST }, () => stage.stack.invoke(stage.functionId(name), event)));
}

function mustFail(result: InvocationResult | undefined): void {
  if (result?.ok !== false) throw new Error('the invocation did not fail');
}
