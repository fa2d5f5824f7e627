/** POST …/batch-jobs/{collection of the action}: creates a bulk job and answers 201 with its location. */
import { randomUUID } from 'node:crypto';
import { makeRetryingDynamoDBClient } from '../src/adapters/dynamodb/dynamodb-client.ts';
import { DynamoDBBacklog } from '../src/adapters/dynamodb/backlog.ts';
import { DynamoDBJobs } from '../src/adapters/dynamodb/jobs.ts';
import { DynamoDBOpenJobs } from '../src/adapters/dynamodb/open-jobs.ts';
import { DynamoDBTargetGroups } from '../src/adapters/dynamodb/target-groups.ts';
import { makePowertoolsOnce } from '../src/adapters/powertools/once.ts';
import { makeSqsClient } from '../src/adapters/sqs/sqs-client.ts';
import { encodeChunk } from '../src/adapters/sqs/work-message.ts';
import { SqsWorkQueue } from '../src/adapters/sqs/work-queue.ts';
import { Admission } from '../src/application/admission.ts';
import { createJob, requireProject } from '../src/application/create-job.ts';
import type { Tenant } from '../src/domain/ids.ts';
import { systemClock } from '../src/adapters/lambda/clock.ts';
import { KEY_VARIABLES, readEnv, TOKEN_VARIABLES } from '../src/adapters/lambda/read-environment.ts';
import { openKeys } from '../src/adapters/issuer/open-keys.ts';
import { authorize } from '../src/http/auth.ts';
import { makeAuthenticatorFromEnv } from '../src/http/authenticator-from-env.ts';
import { type CreateRequest, parseCreateRequest } from '../src/http/create-request.ts';
import type { ApiRequest } from '../src/http/message.ts';
import { makeHttpHandler } from '../src/http/http-handler.ts';
import { makeCreatedResponse } from '../src/http/job-view.ts';
import { readAction, parsePath } from '../src/http/path.ts';
import { computeStopTime, RESERVE_MS } from '../src/adapters/lambda/stop-time.ts';
import { journal } from '../src/observability/report.ts';
import { captureClient, getCurrentSegment, isRecorded } from '../src/observability/recording.ts';

const env = readEnv([
  ...KEY_VARIABLES,
  ...TOKEN_VARIABLES,
  'KEY_SETS_TABLE',
  'JOBS_TABLE',
  'TARGET_GROUPS_TABLE',
  'IDEMPOTENCY_TABLE',
  'IDEMPOTENCY_TTL_SECONDS',
  'CHUNKS_QUEUE_URL',
  'MAX_TARGET_GROUPS',
  'CHUNK_SIZE',
  'JOB_RETENTION_DAYS',
  'STALLED_SECONDS',
  'DEADLINE_SECONDS',
  'MAX_OPEN_JOBS_PER_ACCOUNT',
  'MAX_OPEN_TARGET_GROUPS_PER_ACCOUNT',
  'MAX_OPEN_TARGET_GROUPS',
  'WORK_RATE',
  'BASE_URL',
]);
/** The variables that the stack has to set, no more and no fewer: lib/functions/create-job.ts. */
export type Environment = typeof env;

const dynamoDB = captureClient(makeRetryingDynamoDBClient());
const authenticate = await makeAuthenticatorFromEnv(env, openKeys(env, dynamoDB));
const groups = new DynamoDBTargetGroups(dynamoDB, env.TARGET_GROUPS_TABLE);
const once = makePowertoolsOnce({
  client: dynamoDB,
  table: env.IDEMPOTENCY_TABLE,
  ttlSeconds: env.IDEMPOTENCY_TTL_SECONDS,
});
const admission = new Admission({
  openJobs: new DynamoDBOpenJobs(dynamoDB, env.JOBS_TABLE),
  backlog: new DynamoDBBacklog(dynamoDB, env.JOBS_TABLE, env.DEADLINE_SECONDS * 1000),
  clock: systemClock,
  journal,
  random: Math.random,
  settings: {
    maxOpenJobsPerAccount: env.MAX_OPEN_JOBS_PER_ACCOUNT,
    maxOpenTargetGroupsPerAccount: env.MAX_OPEN_TARGET_GROUPS_PER_ACCOUNT,
    maxOpenTargetGroups: env.MAX_OPEN_TARGET_GROUPS,
    workRate: env.WORK_RATE,
  },
});
const deps = {
  groups,
  admission,
  jobs: new DynamoDBJobs(dynamoDB, env.JOBS_TABLE),
  queue: new SqsWorkQueue(captureClient(makeSqsClient()), env.CHUNKS_QUEUE_URL, {
    encode: encodeChunk,
    isRecorded,
  }),
  clock: systemClock,
  journal,
  settings: {
    chunkSize: env.CHUNK_SIZE,
    retentionSeconds: env.JOB_RETENTION_DAYS * 86_400,
    stalledSeconds: env.STALLED_SECONDS,
    deadlineSeconds: env.DEADLINE_SECONDS,
  },
};

export const handler = makeHttpHandler(async (request, trace, context) => {
  // The gateway lets unknown actions pass: they are unknown routes, which need no token.
  const action = readAction(request.routeKey);
  const caller = await authenticate(request.headers['authorization']);
  const { tenant } = parsePath(request.path);
  authorize(caller, tenant.accountId, 'createJob');
  const { idempotencyKey, targetGroupIds } = await parseInProject(request, tenant);

  const created = await createJob(
    { ...deps, once: once(context) },
    {
      key: { ...tenant, action, idempotencyKey },
      targetGroupIds,
      createdBy: caller.userId,
      trace: { traceparent: trace.traceparent, tracestate: trace.tracestate },
      owner: randomUUID(),
      answerBy: computeStopTime(context, RESERVE_MS['create-job']),
    },
  );
  getCurrentSegment()?.annotate({ job_id: created.jobId });
  return makeCreatedResponse(tenant, action, created, env.BASE_URL);
});

/**
 * Parses the request. Its faults are answered after those of the project, which a valid request has checked
 * when the job is created, together with the limits.
 */
async function parseInProject(request: ApiRequest, tenant: Tenant): Promise<CreateRequest> {
  try {
    return parseCreateRequest(request, env.MAX_TARGET_GROUPS);
  } catch (faults) {
    await requireProject(groups, tenant);
    throw faults;
  }
}
