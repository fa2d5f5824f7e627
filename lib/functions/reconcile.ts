/** reconcile: runs every minute, takes up stalled jobs and ends those past their deadline. */
import type { Environment } from '../../lambdas/reconcile.ts';
import { OPEN_JOBS_INDEX } from '../../src/adapters/dynamodb/open-jobs-index.ts';
import { TIMEOUT_SECONDS } from '../function-times.ts';
import { computeClaimSeconds } from '../worker-times.ts';
import { allow, type FunctionSpecFor, type StackParts } from './bundled-function.ts';
import { PARALLELISM } from './worker.ts';

export function specifyReconcile({
  config,
  tables,
  chunks,
  giveUps,
}: StackParts): FunctionSpecFor<Environment> {
  return {
    description: 'Takes up stalled jobs and ends those past their deadline',
    // It holds a page of each shard, up to 1 MB, and the index entries of all jobs that are due.
    memorySize: config.reconcileMemoryMb,
    timeoutSeconds: TIMEOUT_SECONDS.reconcile,
    verifiesTokens: false,
    fetchesKeys: true,
    reportsMetrics: true,
    environment: {
      KEY_SETS_TABLE: tables.keySets.tableName,
      JOBS_TABLE: tables.jobs.tableName,
      TARGET_GROUPS_TABLE: tables.targetGroups.tableName,
      CHUNKS_QUEUE_URL: chunks.queue.queueUrl,
      GIVE_UPS_QUEUE_URL: giveUps.queue.queueUrl,
      STALLED_SECONDS: String(config.stalledSeconds),
      DEADLINE_SECONDS: String(config.deadlineSeconds),
      // How many workers share what waits in a queue.
      WORKER_MAX_CONCURRENCY: String(config.workerMaxConcurrency),
      // It claims and settles chunks as the worker does.
      PARALLELISM: String(PARALLELISM),
      CLAIM_SECONDS: String(computeClaimSeconds(TIMEOUT_SECONDS.reconcile, config.clockSkewSeconds)),
    },
    grants: [
      // Stores the issuer's keys, the one function that may; reads them, to write only what has changed.
      allow(tables.keySets.tableArn, 'dynamodb:GetItem', 'dynamodb:PutItem'),
      // Postpones and closes jobs, claims and settles their remaining chunks; reads their requests.
      allow(tables.jobs.tableArn, 'dynamodb:GetItem', 'dynamodb:UpdateItem'),
      // Counts the open jobs and finds those that are due.
      allow(`${tables.jobs.tableArn}/index/${OPEN_JOBS_INDEX}`, 'dynamodb:Query'),
      // Reads target groups as a last resort, and never moves one.
      allow(tables.targetGroups.tableArn, 'dynamodb:GetItem'),
      // Sends chunks again, or give-ups; counts what waits in the queues.
      ...[chunks, giveUps].map(({ queue: { queueArn } }) =>
        allow(queueArn, 'sqs:GetQueueAttributes', 'sqs:SendMessage'),
      ),
    ],
  };
}
