/** get-job: answers the status of a bulk job. */
import type { Environment } from '../../lambdas/get-job.ts';
import { TIMEOUT_SECONDS } from '../function-times.ts';
import { allow, type FunctionSpecFor, type StackParts } from './bundled-function.ts';

export function specifyGetJob({ config, tables }: StackParts): FunctionSpecFor<Environment> {
  return {
    description: 'Answers the status of a bulk job',
    // An answer with 10,000 target groups is several MB of JSON, which is made while a client waits.
    memorySize: config.readMemoryMb,
    timeoutSeconds: TIMEOUT_SECONDS['get-job'],
    reservedConcurrency: config.readReservedConcurrency,
    verifiesTokens: true,
    fetchesKeys: true,
    reportsMetrics: true,
    environment: { JOBS_TABLE: tables.jobs.tableName, KEY_SETS_TABLE: tables.keySets.tableName },
    grants: [
      // Reads the issuer's keys when it cannot fetch them.
      allow(tables.keySets.tableArn, 'dynamodb:GetItem'),
      // Reads the job and its request, and the results of its chunks once it has ended.
      allow(tables.jobs.tableArn, 'dynamodb:GetItem', 'dynamodb:Query'),
    ],
  };
}
