/** get-fielding-runs: answers the fielding run of a target group. */
import type { Environment } from '../../lambdas/get-fielding-runs.ts';
import { allow, type FunctionSpecFor, type StackParts } from './bundled-function.ts';

export function specifyGetFieldingRuns({ tables }: StackParts): FunctionSpecFor<Environment> {
  return {
    description: 'Answers the fielding run of a target group',
    // The work is one small read, so more memory would only shorten the cold start.
    memorySize: 512,
    // A read takes a few milliseconds. The rest is for a slow answer of the token issuer.
    timeoutSeconds: 10,
    verifiesTokens: true,
    fetchesKeys: true,
    reportsMetrics: true,
    environment: {
      TARGET_GROUPS_TABLE: tables.targetGroups.tableName,
      KEY_SETS_TABLE: tables.keySets.tableName,
    },
    grants: [
      // Reads the issuer's keys when it cannot fetch them.
      allow(tables.keySets.tableArn, 'dynamodb:GetItem'),
      // Reads the project and the target group.
      allow(tables.targetGroups.tableArn, 'dynamodb:GetItem'),
    ],
  };
}
