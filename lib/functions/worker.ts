/** worker: takes chunks from the two queues, moves or reads their target groups and settles the outcomes. */
import type { Environment } from '../../lambdas/worker.ts';
import { computeClaimSeconds } from '../worker-times.ts';
import { allow, type FunctionSpecFor, type StackParts } from './bundled-function.ts';

/**
 * Writes in flight per function. At a few milliseconds each, 16 keep a function's share of a CPU busy; more
 * would wait for the CPU, not for DynamoDB.
 */
export const PARALLELISM = 16;

export function specifyWorker({ config, tables, chunks, giveUps }: StackParts): FunctionSpecFor<Environment> {
  return {
    description: 'Moves the target groups of a chunk and settles their outcomes',
    // The CPU is the limit: with 512 MB a chunk of 200 takes some 0.9 s, so that ten workers write some 2,250
    // times a second. With 1,024 MB they would write more than the 4,000 that a new table takes, at the same
    // price; docs/performance.md has a table of sizes.
    memorySize: config.workerMemoryMb,
    timeoutSeconds: config.workerTimeoutSeconds,
    // No reservation: workerMaxConcurrency is the limit of each of the two queues, so twice as many at most.
    verifiesTokens: false,
    fetchesKeys: false,
    reportsMetrics: true,
    environment: {
      JOBS_TABLE: tables.jobs.tableName,
      TARGET_GROUPS_TABLE: tables.targetGroups.tableName,
      CHUNKS_QUEUE_URL: chunks.queue.queueUrl,
      GIVE_UPS_QUEUE_URL: giveUps.queue.queueUrl,
      // The deadline of a job whose message does not name one.
      DEADLINE_SECONDS: String(config.deadlineSeconds),
      PARALLELISM: String(PARALLELISM),
      // A claim outlasts the function that made it, even when clocks differ (ADR 5).
      CLAIM_SECONDS: String(computeClaimSeconds(config.workerTimeoutSeconds, config.clockSkewSeconds)),
    },
    grants: [
      // Claims and settles chunks, adds them to their job; reads an item if a refused write did not bring it.
      allow(tables.jobs.tableArn, 'dynamodb:GetItem', 'dynamodb:UpdateItem'),
      // Moves target groups; reads those of give-ups, and those that an earlier attempt may have moved.
      allow(tables.targetGroups.tableArn, 'dynamodb:GetItem', 'dynamodb:UpdateItem'),
      // Lambda itself needs these actions, under this role, to deliver the messages.
      ...[chunks, giveUps].map(({ queue: { queueArn } }) =>
        allow(queueArn, 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'),
      ),
      // The worker calls this action, so that a chunk that it hands back is delivered again soon.
      ...[chunks, giveUps].map(({ queue: { queueArn } }) => allow(queueArn, 'sqs:ChangeMessageVisibility')),
      // Sends a give-up again that found its chunk claimed, with a delay until the claim has ended.
      allow(giveUps.queue.queueArn, 'sqs:SendMessage'),
    ],
  };
}
