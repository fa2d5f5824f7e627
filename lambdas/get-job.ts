/** GET …/batch-jobs/{action or its collection}/{job_id}: answers the status of a bulk job. */
import { makeRetryingDynamoDBClient } from '../src/adapters/dynamodb/dynamodb-client.ts';
import { DynamoDBChunks } from '../src/adapters/dynamodb/chunks.ts';
import { DynamoDBJobs } from '../src/adapters/dynamodb/jobs.ts';
import { getJob } from '../src/application/get-job.ts';
import { systemClock } from '../src/adapters/lambda/clock.ts';
import { KEY_VARIABLES, readEnv, TOKEN_VARIABLES } from '../src/adapters/lambda/read-environment.ts';
import { openKeys } from '../src/adapters/issuer/open-keys.ts';
import { authorize } from '../src/http/auth.ts';
import { makeAuthenticatorFromEnv } from '../src/http/authenticator-from-env.ts';
import { makeHttpHandler } from '../src/http/http-handler.ts';
import { makeJobResponse } from '../src/http/job-view.ts';
import { readAction, parsePath } from '../src/http/path.ts';
import { captureClient } from '../src/observability/recording.ts';

const env = readEnv([...KEY_VARIABLES, ...TOKEN_VARIABLES, 'KEY_SETS_TABLE', 'JOBS_TABLE']);
/** The variables that the stack has to set, no more and no fewer: lib/functions/get-job.ts. */
export type Environment = typeof env;

const dynamoDB = captureClient(makeRetryingDynamoDBClient());
const authenticate = await makeAuthenticatorFromEnv(env, openKeys(env, dynamoDB));
const deps = {
  jobs: new DynamoDBJobs(dynamoDB, env.JOBS_TABLE),
  chunks: new DynamoDBChunks(dynamoDB, env.JOBS_TABLE),
  clock: systemClock,
};

export const handler = makeHttpHandler(async (request) => {
  // The gateway lets unknown actions pass: they are unknown routes, which need no token.
  const action = readAction(request.routeKey);
  const caller = await authenticate(request.headers['authorization']);
  const { tenant, id: jobId } = parsePath(request.path, 'job_id');
  authorize(caller, tenant.accountId, 'getJob');
  const { job, outcomes } = await getJob(deps, tenant, action, jobId);
  return makeJobResponse(job, outcomes);
});
