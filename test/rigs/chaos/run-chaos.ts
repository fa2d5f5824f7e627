/**
 * `npm run chaos` runs many jobs on the local stack while functions are killed, stores throttle and lose
 * answers, messages are duplicated, clients repeat requests and users pause target groups. The auditor checks
 * everything. With `--dead-workers SECONDS` all workers die for that time, and jobs pass their deadline.
 * It uses the DynamoDB at DYNAMODB_ENDPOINT, or an embedded one. Exits with 1 on a violation.
 */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { forwardTo } from '../../../tools/kit/forwarding.ts';
import { parseObject } from '../../../tools/kit/json.ts';
import { parseWholeNumber } from '../../../tools/kit/option-values.ts';
import { startEmulators } from '../../../tools/local/emulators/start-emulators.ts';
import { drawKill } from '../../../tools/local/functions/pool.ts';
import { combineLogs, type LogEntry, makeJsonLog } from '../../../tools/local/logs.ts';
import { HIGH_LIMITS } from '../../../tools/local/high-limits.ts';
import { startLocalStack } from '../../../tools/local/local-stack.ts';
import { getJob } from '../../../src/application/get-job.ts';
import { ACTION_NAMES, type Action } from '../../../src/domain/actions.ts';
import { OPEN_JOBS_SHARDS } from '../../../src/domain/digest.ts';
import type { OpenJob, OpenJobs } from '../../../src/ports/open-jobs.ts';
import { systemClock } from '../../../src/adapters/lambda/clock.ts';
import { Auditor } from '../auditor/auditor.ts';
import { Random } from '../simulation/random.ts';
import { anId } from '../../support/builders.ts';
import { makeDynamoDBClient, findName } from '../../support/e2e.ts';
import { openDynamoDBJobStore } from '../../support/jobs-table-ports.ts';
import { runJob } from './chaos-client.ts';
import { Observer } from './observer.ts';
import { seedTargetGroups } from './seed-target-groups.ts';
import { FaultyService } from './faulty-service.ts';
import { pauseIfLive } from './pausing-user.ts';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '50' },
    ids: { type: 'string', default: '1000' },
    kill: { type: 'string', default: '0.2' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '20' },
    'dead-workers': { type: 'string', default: '0' },
  },
});
const jobs = parseWholeNumber('--jobs', values.jobs);
const idsPerJob = parseWholeNumber('--ids', values.ids);
const deadMs = 1_000 * parseWholeNumber('--dead-workers', values['dead-workers']);
const chance = new Random(parseWholeNumber('--seed', values.seed));
const random = () => chance.next();

/**
 * Short times, so that the work of a killed function continues within a minute. While all workers are dead,
 * the jobs that were created first pass their deadline. Later ones may end before theirs.
 */
const TIMES =
  deadMs === 0
    ? { workerTimeoutSeconds: 5, stalledSeconds: 45, deadlineSeconds: 3600 }
    : { workerTimeoutSeconds: 4, stalledSeconds: 30, deadlineSeconds: Math.max(40, (0.8 * deadMs) / 1_000) };
const SETTINGS = {
  stackName: `Chaos${process.pid}`,
  ...TIMES,
  clockSkewSeconds: 1,
  chunkSize: 100,
  maxReceiveCount: 20,
  ...HIGH_LIMITS,
};
/** The jobs take these actions in turn. Most resume, because most target groups are paused. */
const ACTIONS: readonly Action[] = ACTION_NAMES.flatMap((action) =>
  action === 'resume' ? 'resume' : (['resume', action] as const),
);

const LOG_FILE = '.local/chaos.jsonl';
const POLL_MS = 10_000;
const SCHEDULES_MS = 5_000;
/** Time between two clients. In a run with dead workers, they come during its first two thirds. */
const CLIENTS_MS = deadMs === 0 ? 100 : (2 * deadMs) / jobs;
/** Within this time a dead worker is killed: while it starts, or at its first calls. */
const DEAD_WITHIN_MS = 400;
const FAULT_SHARES = { throttled: 0.02, unanswered: 0.005 };

console.log(`${jobs} jobs of ${idsPerJob} target groups, ${values.kill} of all invocations killed`);
console.log(`seed ${values.seed} (draws the faults; their timing depends on the machine), log ${LOG_FILE}`);
const emulators = await startEmulators({ dynamodb: process.env['DYNAMODB_ENDPOINT'] }, (error) => {
  throw error;
});
const dynamoDB = new FaultyService({
  ...FAULT_SHARES,
  repeated: 0,
  throttlingError: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  mayRepeat: () => false,
  random,
});
const sqs = new FaultyService({
  ...FAULT_SHARES,
  repeated: 0.2,
  throttlingError: 'com.amazonaws.sqs#RequestThrottled',
  mayRepeat: (operation) => operation.startsWith('SendMessage'),
  random,
});
const [dynamoDBProxy, sqsProxy] = await Promise.all([
  forwardTo(emulators.dynamodb, { around: dynamoDB.around }),
  forwardTo(emulators.sqs, { around: sqs.around }),
]);
await mkdir('.local', { recursive: true });
let start = Infinity;
const areWorkersDead = () => Date.now() < start + deadMs;
const deadWorkers = { killed: 0, survived: 0 };
/** Numbers of chunks, by what reconcile did with them. */
const reconciled = { 'job.re-enqueued': 0, 'job.deadline-passed': 0, 'job.last-resort': 0 };
const stack = await startLocalStack({
  context: SETTINGS,
  log: combineLogs(makeJsonLog(createWriteStream(LOG_FILE)), countReconciled),
  killAfterMs: ({ displayName }) =>
    displayName === 'Worker' && areWorkersDead()
      ? DEAD_WITHIN_MS * Math.random()
      : drawKill(Number(values.kill)),
  watch: ({ displayName }) => ({
    onThrottled: () => undefined,
    begin: () => {
      const dead = displayName === 'Worker' && areWorkersDead();
      return ({ ok }) => {
        if (dead) deadWorkers[ok ? 'survived' : 'killed'] += 1;
      };
    },
  }),
  dynamodbEndpoint: dynamoDBProxy.url,
  sqsEndpoint: sqsProxy.url,
});

const direct = makeDynamoDBClient({ ...stack, endpoints: emulators });
const store = openDynamoDBJobStore(direct, findName(stack.tables, 'Jobs'));
const auditor = new Auditor({
  now: () => Date.now(),
  getJob: (key, jobId) => getJob({ ...store, clock: systemClock }, key, key.action, jobId),
  listOpenJobs: () => listOpenJobs(store.openJobs),
  maxSkewMs: 0,
  skewMs: 0,
  faultsAreBrief: deadMs === 0,
  zombies: false,
});
const table = findName(stack.tables, 'TargetGroups');
const observer = new Observer(auditor, table);
const tenant = { accountId: 101, projectId: anId('P') };
const lists = await seedTargetGroups(direct, table, { tenant, jobs, idsPerJob }, (group) => {
  observer.add(group);
});
dynamoDB.observe = observer.aroundDynamoDB;
sqs.observe = observer.aroundSqs;
// The calls of users meet no faults, but the observer sees them.
const calmProxy = await forwardTo(emulators.dynamodb, { around: observer.aroundDynamoDB });
const observed = makeDynamoDBClient({ ...stack, endpoints: { ...emulators, dynamodb: calmProxy.url } });
dynamoDB.faulty = sqs.faulty = true;

start = Date.now();
const formatElapsed = () => `${((Date.now() - start) / 1000).toFixed(0)} s`;
let ended = 0;
const outcomes = new Map<string, number>();
let pauses = 0;
const limit = setTimeout(
  () => {
    console.log(`${formatElapsed()}: ${jobs - ended} jobs have not ended`);
    process.exit(1);
  },
  Number(values.minutes) * 60_000,
);

const over = new AbortController();
const meanwhile = [
  repeatEvery(20_000, () => {
    console.log(`${formatElapsed()}: ${ended} of ${jobs} jobs have ended`);
    return Promise.resolve();
  }),
  repeatEvery(500, () => auditor.check()),
  repeatEvery(200, async () => {
    const groups = [...observer.groups.values()];
    const group = groups[Math.floor(random() * groups.length)];
    if (group?.status === 'live' && (await pauseIfLive(observed, table, group))) pauses += 1;
  }),
  repeatEvery(SCHEDULES_MS, () => stack.runSchedules()),
];
await Promise.all(
  lists.map(async (ids, i) => {
    await pause(i * CLIENTS_MS);
    const action = ACTIONS[i % ACTIONS.length] ?? 'resume';
    const key = { ...tenant, action, idempotencyKey: `chaos-${values.seed}-${i}` };
    const options = { url: stack.url, auditor, key, ids, repeats: 1 + (i % 3), random, pollMs: POLL_MS };
    const job = await runJob(options);
    ended += 1;
    for (const { failure } of job.outcomes) countOutcome(failure?.code ?? 'updated');
    countOutcome(`jobs ${job.status}`);
  }),
);
// A client sees the end of a job before the index does, if the worker that settled the last chunk was killed.
while (!(await auditor.haveAllEnded())) await pause(1_000);
over.abort();
await Promise.all(meanwhile);
clearTimeout(limit);
await auditor.checkEnd();

console.log(`calls to DynamoDB ${JSON.stringify(dynamoDB.counts)}`);
console.log(`calls to SQS ${JSON.stringify(sqs.counts)}`);
console.log(`${pauses} pauses by users`);
console.log(`outcomes ${JSON.stringify(Object.fromEntries([...outcomes].sort()))}`);
console.log(
  `give-ups ${JSON.stringify(observer.giveUps)}, chunks by reconcile ${JSON.stringify(reconciled)}`,
);
if (deadMs > 0) console.log(`workers of the first ${deadMs / 1_000} s ${JSON.stringify(deadWorkers)}`);
console.log(`${jobs} jobs ended in ${formatElapsed()}, violations ${auditor.violations.length}`);
for (const { rule, detail } of auditor.violations.slice(0, 20)) console.log(`${rule}: ${detail}`);
await stack.stop();
for (const proxy of [dynamoDBProxy, sqsProxy, calmProxy]) await proxy.close();
await emulators.stop();
process.exit(auditor.violations.length > 0 ? 1 : 0);

function countOutcome(outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}

function countReconciled(entry: LogEntry): void {
  if (entry.kind !== 'function' || !entry.text.includes('"chunks"')) return;
  const line = parseObject(entry.text);
  const message = String(line?.['message']);
  if (message in reconciled) reconciled[message as keyof typeof reconciled] += Number(line?.['chunks']);
}

async function listOpenJobs(openJobs: OpenJobs): Promise<OpenJob[]> {
  const open: OpenJob[] = [];
  for (let shard = 0; shard < OPEN_JOBS_SHARDS; shard += 1) {
    let page = await openJobs.readShard(shard, 100);
    open.push(...page.jobs);
    while (page.next !== undefined) {
      page = await openJobs.readShard(shard, 100, page.next);
      open.push(...page.jobs);
    }
  }
  return open;
}

async function repeatEvery(ms: number, act: () => Promise<unknown>): Promise<void> {
  while (!over.signal.aborted) {
    await act();
    await pause(ms, undefined, { signal: over.signal }).catch(() => undefined);
  }
}
