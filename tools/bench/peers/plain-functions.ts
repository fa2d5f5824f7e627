/**
 * The functions of the plain peer, a first simple design: one message for each target group, and one update
 * of a counter on the job's item for each. Client and write to the target group are the same as ours.
 */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import {
  makeDynamoDBClient,
  makeSingleTryDynamoDBClient,
} from '../../../src/adapters/dynamodb/dynamodb-client.ts';
import { DynamoDBTargetGroups } from '../../../src/adapters/dynamodb/target-groups.ts';
import { makeSqsClient } from '../../../src/adapters/sqs/sqs-client.ts';
import { runInParallel } from '../../../src/domain/run-in-parallel.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { formatTimestamp } from '../../../src/domain/time.ts';
import { CREATOR } from './moves.ts';

export interface PlainJob {
  readonly tenant: Tenant;
  readonly jobId: string;
  readonly ids: readonly string[];
}

interface PlainTask {
  readonly tenant: Tenant;
  readonly jobId: string;
  readonly id: string;
  readonly total: number;
}

const BATCH = 10;

const jobs = makeDynamoDBClient();
const groups = new DynamoDBTargetGroups(
  makeSingleTryDynamoDBClient(),
  process.env['TARGET_GROUPS_TABLE'] ?? '',
);
const sqs = makeSqsClient();
const queueUrl = process.env['CHUNKS_QUEUE_URL'];

/** Creates a job, or handles messages: both functions have the same bundle. */
export async function handler(event: PlainJob | SQSEvent): Promise<unknown> {
  if ('Records' in event) {
    await Promise.all(event.Records.map(({ body }) => runTask(JSON.parse(body) as PlainTask)));
    return { batchItemFailures: [] };
  }
  await updateJob(event.jobId, 'SET total_count = :n', event.ids.length);
  const { tenant, jobId, ids } = event;
  const batches = Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, i) =>
    ids.slice(i * BATCH, (i + 1) * BATCH),
  );
  await runInParallel(batches, 10, async (batch) => {
    const tasks = batch.map((id): PlainTask => ({ tenant, jobId, id, total: ids.length }));
    const entries = tasks.map((task, i) => ({ Id: String(i), MessageBody: JSON.stringify(task) }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
  });
  return null;
}

async function runTask({ tenant, jobId, id, total }: PlainTask): Promise<void> {
  const now = formatTimestamp(Date.now());
  await groups.move({ ...tenant, targetGroupId: id }, { action: 'resume', mark: jobId, now, by: CREATOR });
  const done = await updateJob(jobId, 'ADD done_count :n', 1);
  if (done !== total) return;
  await updateJob(jobId, 'SET ended_at = :n', Date.now());
  process.stdout.write(
    `${JSON.stringify({ message: 'job.finished', job_id: jobId, status: 'Completed' })}\n`,
  );
}

/** @returns the number of target groups that are done */
async function updateJob(jobId: string, expression: string, n: number): Promise<number> {
  const { Attributes } = await jobs.send(
    new UpdateItemCommand({
      TableName: process.env['JOBS_TABLE'],
      Key: { pk: { S: jobId }, sk: { S: 'PLAIN' } },
      UpdateExpression: expression,
      ExpressionAttributeValues: { ':n': { N: String(n) } },
      ReturnValues: 'ALL_NEW',
    }),
  );
  return Number(Attributes?.['done_count']?.N ?? 0);
}
