/** worker: takes chunks from the queue, moves their target groups and settles the outcomes. */
import type { Environment } from '../../lambdas/worker.ts';
import { claimSeconds } from '../timing.ts';
import { allow, type FunctionSpecFor, type StackParts } from './bundled-function.ts';

/**
 * Writes in flight per function. At a few milliseconds each, 16 keep a function's share of a CPU busy; more
 * would wait for the CPU, not for DynamoDB.
 */
export const PARALLELISM = 16;

export function worker({ config, tables, chunks }: StackParts): FunctionSpecFor<Environment> {
  return {
    description: 'Moves the target groups of a chunk and settles their outcomes',
    // Bound by its share of a CPU while it signs and sends its writes, about half a second for a chunk of
    // 200. Ten at a time then write about as much as a new table takes, 4,000 a second: more memory would
    // halve the time at the same price, and have the table throttle. Half as much would hardly hold what the
    // heap grows to.
    memorySize: 512,
    timeoutSeconds: config.workerTimeoutSeconds,
    // Not reserved: the queue's own limit, workerMaxConcurrency, is what bounds it.
    verifiesTokens: false,
    reportsMetrics: true,
    environment: {
      JOBS_TABLE: tables.jobs.tableName,
      TARGET_GROUPS_TABLE: tables.targetGroups.tableName,
      CHUNKS_QUEUE_URL: chunks.queue.queueUrl,
      PARALLELISM: String(PARALLELISM),
      // A claim outlives the function that made it, and any skew of its clock.
      CLAIM_SECONDS: String(claimSeconds(config.workerTimeoutSeconds, config.clockSkewSeconds)),
    },
    grants: [
      // Claims and settles chunks, adds them to their job; reads what refused a write.
      allow(tables.jobs.tableArn, 'dynamodb:GetItem', 'dynamodb:UpdateItem'),
      // Moves target groups; reads those whose move was refused.
      allow(tables.targetGroups.tableArn, 'dynamodb:GetItem', 'dynamodb:UpdateItem'),
      // What Lambda itself needs, under this role, to deliver the messages.
      allow(chunks.queue.queueArn, 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'),
      // What the worker itself calls, to have a chunk that it hands back delivered soon.
      allow(chunks.queue.queueArn, 'sqs:ChangeMessageVisibility'),
    ],
  };
}
