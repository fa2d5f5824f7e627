/** GET …/target-groups/{target_group_id}/fielding-runs: answers the fielding run of a target group. */
import { makeRetryingDynamoDBClient } from '../src/adapters/dynamodb/dynamodb-client.ts';
import { DynamoDBTargetGroups } from '../src/adapters/dynamodb/target-groups.ts';
import { getFieldingRun } from '../src/application/get-fielding-run.ts';
import { KEY_VARIABLES, readEnv, TOKEN_VARIABLES } from '../src/adapters/lambda/read-environment.ts';
import { openKeys } from '../src/adapters/issuer/open-keys.ts';
import { authorize } from '../src/http/auth.ts';
import { makeAuthenticatorFromEnv } from '../src/http/authenticator-from-env.ts';
import { makeFieldingRunsResponse } from '../src/http/fielding-run-view.ts';
import { makeHttpHandler } from '../src/http/http-handler.ts';
import { parsePath } from '../src/http/path.ts';
import { captureClient } from '../src/observability/recording.ts';

const env = readEnv([...KEY_VARIABLES, ...TOKEN_VARIABLES, 'KEY_SETS_TABLE', 'TARGET_GROUPS_TABLE']);
/** The variables that the stack has to set, no more and no fewer: lib/functions/get-fielding-runs.ts. */
export type Environment = typeof env;

const dynamoDB = captureClient(makeRetryingDynamoDBClient());
const authenticate = await makeAuthenticatorFromEnv(env, openKeys(env, dynamoDB));
const groups = new DynamoDBTargetGroups(dynamoDB, env.TARGET_GROUPS_TABLE);

export const handler = makeHttpHandler(async (request) => {
  const caller = await authenticate(request.headers['authorization']);
  const { tenant, id: targetGroupId } = parsePath(request.path, 'target_group_id');
  authorize(caller, tenant.accountId, 'getFieldingRuns');
  return makeFieldingRunsResponse(await getFieldingRun(groups, { ...tenant, targetGroupId }));
});
