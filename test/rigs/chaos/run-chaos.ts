/**
 * `npm run chaos` runs many jobs on the local stack while functions are killed, stores throttle and lose
 * answers, messages are duplicated, clients repeat requests and users pause target groups. The auditor checks
 * everything. It uses the DynamoDB at DYNAMODB_ENDPOINT, or an embedded one. Exits with 1 on a violation.
 */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { forwardTo } from '../../../tools/kit/forwarding.ts';
import { parseWholeNumber } from '../../../tools/kit/option-values.ts';
import { startEmulators } from '../../../tools/local/emulators/start-emulators.ts';
import { makeJsonLog } from '../../../tools/local/logs.ts';
import { HIGH_LIMITS } from '../../../tools/local/high-limits.ts';
import { startLocalStack } from '../../../tools/local/local-stack.ts';
import { getJob } from '../../../src/application/get-job.ts';
import { ACTION_NAMES, type Action } from '../../../src/domain/actions.ts';
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
  },
});
const jobs = parseWholeNumber('--jobs', values.jobs);
const idsPerJob = parseWholeNumber('--ids', values.ids);
const chance = new Random(parseWholeNumber('--seed', values.seed));
const random = () => chance.next();

/** Short times, so that the work of a killed function continues within a minute. */
const SETTINGS = {
  stackName: `Chaos${process.pid}`,
  workerTimeoutSeconds: 5,
  clockSkewSeconds: 1,
  stalledSeconds: 45,
  deadlineSeconds: 3600,
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
const stack = await startLocalStack({
  context: SETTINGS,
  log: makeJsonLog(createWriteStream(LOG_FILE)),
  killShare: Number(values.kill),
  dynamodbEndpoint: dynamoDBProxy.url,
  sqsEndpoint: sqsProxy.url,
});

const direct = makeDynamoDBClient({ ...stack, endpoints: emulators });
const store = openDynamoDBJobStore(direct, findName(stack.tables, 'Jobs'));
const auditor = new Auditor({
  now: () => Date.now(),
  getJob: (key, jobId) => getJob({ ...store, clock: systemClock }, key, key.action, jobId),
  listOpenJobs: () => store.openJobs.findDue('9999-01-01T00:00:00.000Z', 100),
  maxSkewMs: 0,
  faultsAreBrief: true,
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

const start = Date.now();
const formatElapsed = () => `${((Date.now() - start) / 1000).toFixed(0)} s`;
let ended = 0;
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
    await pause(i * 100);
    const action = ACTIONS[i % ACTIONS.length] ?? 'resume';
    const key = { ...tenant, action, idempotencyKey: `chaos-${values.seed}-${i}` };
    await runJob({ url: stack.url, auditor, key, ids, repeats: 1 + (i % 3), random, pollMs: POLL_MS });
    ended += 1;
  }),
);
over.abort();
await Promise.all(meanwhile);
clearTimeout(limit);
await auditor.checkEnd();

console.log(`calls to DynamoDB ${JSON.stringify(dynamoDB.counts)}`);
console.log(`calls to SQS ${JSON.stringify(sqs.counts)}`);
console.log(`${pauses} pauses by users`);
console.log(`${jobs} jobs ended in ${formatElapsed()}, violations ${auditor.violations.length}`);
for (const { rule, detail } of auditor.violations.slice(0, 20)) console.log(`${rule}: ${detail}`);
await stack.stop();
for (const proxy of [dynamoDBProxy, sqsProxy, calmProxy]) await proxy.close();
await emulators.stop();
process.exit(auditor.violations.length > 0 ? 1 : 0);

async function repeatEvery(ms: number, act: () => Promise<unknown>): Promise<void> {
  while (!over.signal.aborted) {
    await act();
    await pause(ms, undefined, { signal: over.signal }).catch(() => undefined);
  }
}
