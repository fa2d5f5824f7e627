/**
 * Runs every minute: looks at the open jobs that are due (src/application/reconcile.ts), and keeps the stored
 * keys of the token issuer up to date, because it runs without requests too (ADR 19).
 */
import { randomUUID } from 'node:crypto';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { makeDynamoDBClient } from '../src/adapters/dynamodb/dynamodb-client.ts';
import { DynamoDBBacklog } from '../src/adapters/dynamodb/backlog.ts';
import { DynamoDBChunks } from '../src/adapters/dynamodb/chunks.ts';
import { DynamoDBJobs } from '../src/adapters/dynamodb/jobs.ts';
import { DynamoDBOpenJobs } from '../src/adapters/dynamodb/open-jobs.ts';
import { DynamoDBTargetGroups } from '../src/adapters/dynamodb/target-groups.ts';
import { makeSqsClient } from '../src/adapters/sqs/sqs-client.ts';
import { encodeChunk, encodeGiveUp } from '../src/adapters/sqs/work-message.ts';
import { SqsWorkQueue } from '../src/adapters/sqs/work-queue.ts';
import { keepKeySet } from '../src/application/keep-key-set.ts';
import { reconcile } from '../src/application/reconcile.ts';
import { systemClock } from '../src/adapters/lambda/clock.ts';
import { KEY_VARIABLES, readEnv } from '../src/adapters/lambda/read-environment.ts';
import { openKeys } from '../src/adapters/issuer/open-keys.ts';
import { computeStopTime, RESERVE_MS } from '../src/adapters/lambda/stop-time.ts';
import { recordRun } from '../src/observability/record-work.ts';
import { isRecorded } from '../src/observability/recording.ts';
import { journal, reportInvocation } from '../src/observability/report.ts';
import { countCalls } from '../src/observability/count-calls.ts';

const env = readEnv([
  ...KEY_VARIABLES,
  'KEY_SETS_TABLE',
  'JOBS_TABLE',
  'TARGET_GROUPS_TABLE',
  'CHUNKS_QUEUE_URL',
  'GIVE_UPS_QUEUE_URL',
  'STALLED_SECONDS',
  'DEADLINE_SECONDS',
  'WORKER_MAX_CONCURRENCY',
  'PARALLELISM',
  'CLAIM_SECONDS',
]);
/** The variables that the stack has to set, no more and no fewer: lib/functions/reconcile.ts. */
export type Environment = typeof env;

const dynamoDB = countCalls(makeDynamoDBClient());
const sqs = countCalls(makeSqsClient());
const deps = {
  backlog: new DynamoDBBacklog(dynamoDB, env.JOBS_TABLE, env.DEADLINE_SECONDS * 1_000),
  jobs: new DynamoDBJobs(dynamoDB, env.JOBS_TABLE),
  chunks: new DynamoDBChunks(dynamoDB, env.JOBS_TABLE),
  openJobs: new DynamoDBOpenJobs(dynamoDB, env.JOBS_TABLE),
  groups: new DynamoDBTargetGroups(dynamoDB, env.TARGET_GROUPS_TABLE),
  queue: new SqsWorkQueue(sqs, env.CHUNKS_QUEUE_URL, { encode: encodeChunk, isRecorded }),
  giveUps: new SqsWorkQueue(sqs, env.GIVE_UPS_QUEUE_URL, { encode: encodeGiveUp, isRecorded }),
  stoppedAt: new Map<number, number>(),
  clock: systemClock,
  journal,
  settings: {
    parallelism: env.PARALLELISM,
    claimMs: env.CLAIM_SECONDS * 1_000,
    stalledMs: env.STALLED_SECONDS * 1_000,
    deadlineMs: env.DEADLINE_SECONDS * 1_000,
    workers: env.WORKER_MAX_CONCURRENCY,
    looksAtOnce: 16,
    settlesAtOnce: 4,
  },
};

const keyDeps = { ...openKeys(env, dynamoDB), journal };

export const handler = middy()
  .use(reportInvocation())
  .handler(async (_event: unknown, context: Context) => {
    const run = { owner: randomUUID(), stopAt: computeStopTime(context, RESERVE_MS.reconcile) };
    const kept = keepKeySet(keyDeps);
    try {
      await recordRun(context.awsRequestId, () => reconcile(deps, run));
    } finally {
      // After the end of an invocation Lambda would stop it halfway.
      await kept;
    }
  });
