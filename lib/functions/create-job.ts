/** create-job: creates a bulk job, sends its chunks to the queue and answers 201. */
import type { Environment } from '../../lambdas/create-job.ts';
import { OPEN_JOBS_INDEX } from '../../src/adapters/dynamodb/open-jobs-index.ts';
import { makeAddressEnvironment } from '../api-address.ts';
import { computeMaxOpenTargetGroups, computeWorkRate } from '../open-work.ts';
import { TIMEOUT_SECONDS } from '../function-times.ts';
import { allow, type FunctionSpecFor, type StackParts } from './bundled-function.ts';

const SECONDS_PER_HOUR = 3_600;

export function specifyCreateJob({ config, tables, chunks }: StackParts): FunctionSpecFor<Environment> {
  return {
    description: 'Creates a bulk job and enqueues its chunks',
    // Chosen for its CPU; of the memory itself less than a tenth is used. A client waits while 10,000 ids are
    // parsed, sorted and hashed, or during a cold start. Both take half of the time of 512 MB, at about the
    // same price.
    memorySize: config.createMemoryMb,
    timeoutSeconds: TIMEOUT_SECONDS['create-job'],
    reservedConcurrency: config.createReservedConcurrency,
    verifiesTokens: true,
    fetchesKeys: true,
    reportsMetrics: true,
    environment: {
      KEY_SETS_TABLE: tables.keySets.tableName,
      JOBS_TABLE: tables.jobs.tableName,
      TARGET_GROUPS_TABLE: tables.targetGroups.tableName,
      CHUNKS_QUEUE_URL: chunks.queue.queueUrl,
      // Reconcile first looks at a job this long after its creation.
      STALLED_SECONDS: String(config.stalledSeconds),
      DEADLINE_SECONDS: String(config.deadlineSeconds),
      MAX_OPEN_JOBS_PER_ACCOUNT: String(config.maxOpenJobsPerAccount),
      MAX_OPEN_TARGET_GROUPS_PER_ACCOUNT: String(config.maxOpenTargetGroupsPerAccount),
      MAX_OPEN_TARGET_GROUPS: String(computeMaxOpenTargetGroups(config)),
      WORK_RATE: String(computeWorkRate(config)),
      IDEMPOTENCY_TABLE: tables.idempotency.tableName,
      IDEMPOTENCY_TTL_SECONDS: String(config.idempotencyHours * SECONDS_PER_HOUR),
      MAX_TARGET_GROUPS: String(config.maxTargetGroupsPerJob),
      CHUNK_SIZE: String(config.chunkSize),
      JOB_RETENTION_DAYS: String(config.jobRetentionDays),
      ...makeAddressEnvironment(config),
    },
    grants: [
      // Reads the issuer's keys when it cannot fetch them.
      allow(tables.keySets.tableArn, 'dynamodb:GetItem'),
      // Writes the request and the job; reads the job of an earlier call. Reads the backlog and adds to it.
      allow(
        tables.jobs.tableArn,
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
      ),
      // Reads the open jobs of an account.
      allow(`${tables.jobs.tableArn}/index/${OPEN_JOBS_INDEX}`, 'dynamodb:Query'),
      // Checks that the project exists.
      allow(tables.targetGroups.tableArn, 'dynamodb:GetItem'),
      // Powertools writes and completes its record of a call, deletes it when the creation has failed, and
      // reads it when a failed condition does not return it.
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
