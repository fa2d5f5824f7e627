/** GET …/target-groups/{target_group_id}/fielding-runs: answers the fielding run of a target group. */
import { patientDynamoDBClient } from '../src/adapters/dynamodb/client.ts';
import { DynamoDBTargetGroups } from '../src/adapters/dynamodb/target-groups.ts';
import { getFieldingRun } from '../src/application/get-fielding-run.ts';
import { readEnv, TOKEN_VARIABLES } from '../src/adapters/lambda/environment.ts';
import { authorize } from '../src/http/auth.ts';
import { authenticatorFromEnv } from '../src/http/authenticate.ts';
import { fieldingRunsResponse } from '../src/http/fielding-run-view.ts';
import { httpHandler } from '../src/http/http-handler.ts';
import { parsePath } from '../src/http/path.ts';
import { traced } from '../src/observability/traced.ts';

const env = readEnv([...TOKEN_VARIABLES, 'TARGET_GROUPS_TABLE']);
/** The variables that the stack has to set, no more and no fewer: lib/functions/get-fielding-runs.ts. */
export type Environment = typeof env;

const authenticate = authenticatorFromEnv(env);
const groups = new DynamoDBTargetGroups(traced(patientDynamoDBClient()), env.TARGET_GROUPS_TABLE);

export const handler = httpHandler(async (request) => {
  const caller = await authenticate(request.headers['authorization']);
  const { tenant, id: targetGroupId } = parsePath(request.path, 'target_group_id');
  authorize(caller, tenant.accountId, 'getFieldingRuns');
  return fieldingRunsResponse(await getFieldingRun(groups, { ...tenant, targetGroupId }));
});
