/** get-fielding-runs: answers the fielding run of a target group. */
import type { Environment } from '../../lambdas/get-fielding-runs.ts';
import { allow, type FunctionSpecFor, type StackParts } from './bundled-function.ts';

export function getFieldingRuns({ tables }: StackParts): FunctionSpecFor<Environment> {
  return {
    description: 'Answers the fielding run of a target group',
    // One small read: memory only buys a shorter cold start.
    memorySize: 512,
    // A read of a few milliseconds, and time for a slow answer of the token issuer.
    timeoutSeconds: 10,
    verifiesTokens: true,
    reportsMetrics: true,
    environment: { TARGET_GROUPS_TABLE: tables.targetGroups.tableName },
    grants: [
      // Reads the project and the target group.
      allow(tables.targetGroups.tableArn, 'dynamodb:GetItem'),
    ],
  };
}
