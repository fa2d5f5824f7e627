/** create-job: creates a bulk job, sends its chunks to the queue and answers 201. */
import type { Environment } from '../../lambdas/create-job.ts';
import { allow, type FunctionSpecFor, type StackParts } from './bundled-function.ts';

const SECONDS_PER_HOUR = 3_600;

export function createJob({ config, tables, chunks }: StackParts): FunctionSpecFor<Environment> {
  return {
    description: 'Creates a bulk job and enqueues its chunks',
    // 10,000 ids are parsed, sorted and hashed while a client waits, and a cold start is bound by the CPU:
    // both take half of the time of 512 MB, at about the same price. Of the memory itself less than a tenth
    // is used.
    memorySize: 1024,
    // Under the 30 s after which API Gateway gives up, so that the caller gets our own error, with its id.
    timeoutSeconds: 25,
    reservedConcurrency: config.createReservedConcurrency,
    verifiesTokens: true,
    reportsMetrics: true,
    environment: {
      JOBS_TABLE: tables.jobs.tableName,
      TARGET_GROUPS_TABLE: tables.targetGroups.tableName,
      CHUNKS_QUEUE_URL: chunks.queue.queueUrl,
      // After its creation reconcile leaves the job alone for so long.
      STALLED_SECONDS: String(config.stalledSeconds),
      IDEMPOTENCY_TABLE: tables.idempotency.tableName,
      IDEMPOTENCY_TTL_SECONDS: String(config.idempotencyHours * SECONDS_PER_HOUR),
      MAX_TARGET_GROUPS: String(config.maxTargetGroupsPerJob),
      CHUNK_SIZE: String(config.chunkSize),
      JOB_RETENTION_DAYS: String(config.jobRetentionDays),
    },
    grants: [
      // Writes the request and the job; reads the job of an earlier call.
      allow(tables.jobs.tableArn, 'dynamodb:GetItem', 'dynamodb:PutItem'),
      // Looks whether the project is there.
      allow(tables.targetGroups.tableArn, 'dynamodb:GetItem'),
      // Powertools puts and completes its record of a call, deletes it when the creation failed, and reads it
      // where a failed condition does not bring it along.
      allow(
        tables.idempotency.tableArn,
        'dynamodb:DeleteItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
      ),
      // Sends the chunks.
      allow(chunks.queue.queueArn, 'sqs:SendMessage'),
    ],
  };
}
