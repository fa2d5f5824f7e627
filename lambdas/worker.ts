/**
 * Works on the chunks of a batch of queue messages, one after the other (src/application/run-chunk.ts). Each
 * batch is from one of two queues, that of the chunks or that of the give-ups. Answers which messages SQS
 * must deliver again.
 */
import { randomUUID } from 'node:crypto';
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { makeDynamoDBClient, makeSingleTryDynamoDBClient } from '../src/adapters/dynamodb/dynamodb-client.ts';
import { DynamoDBChunks } from '../src/adapters/dynamodb/chunks.ts';
import { DynamoDBJobs } from '../src/adapters/dynamodb/jobs.ts';
import { DynamoDBOpenJobs } from '../src/adapters/dynamodb/open-jobs.ts';
import { DynamoDBTargetGroups } from '../src/adapters/dynamodb/target-groups.ts';
import { makeSqsClient } from '../src/adapters/sqs/sqs-client.ts';
import { makeReturnToQueue } from '../src/adapters/sqs/return-to-queue.ts';
import { decodeMessage, encodeGiveUp, type WorkMessage } from '../src/adapters/sqs/work-message.ts';
import { SqsWorkQueue } from '../src/adapters/sqs/work-queue.ts';
import { makeChunkSubject } from '../src/application/with-subject.ts';
import { type Attempt, giveUpChunk, runChunk } from '../src/application/run-chunk.ts';
import { ChunkTakenError, ChunkUnfinishedError } from '../src/domain/errors.ts';
import { systemClock } from '../src/adapters/lambda/clock.ts';
import { readEnv } from '../src/adapters/lambda/read-environment.ts';
import { computeStopTime, HAND_BACK_MS, RESERVE_MS } from '../src/adapters/lambda/stop-time.ts';
import { isRecorded } from '../src/observability/recording.ts';
import { recordChunk } from '../src/observability/record-work.ts';
import { journal, report, reportInvocation } from '../src/observability/report.ts';
import { countCalls } from '../src/observability/count-calls.ts';

const env = readEnv([
  'JOBS_TABLE',
  'TARGET_GROUPS_TABLE',
  'CHUNKS_QUEUE_URL',
  'GIVE_UPS_QUEUE_URL',
  'PARALLELISM',
  'CLAIM_SECONDS',
  'DEADLINE_SECONDS',
]);
/** The variables that the stack has to set, no more and no fewer: lib/functions/worker.ts. */
export type Environment = typeof env;

const dynamoDB = countCalls(makeDynamoDBClient());
const sqs = countCalls(makeSqsClient());
const returnToQueue = makeReturnToQueue(sqs);
const deps = {
  jobs: new DynamoDBJobs(dynamoDB, env.JOBS_TABLE),
  chunks: new DynamoDBChunks(dynamoDB, env.JOBS_TABLE),
  openJobs: new DynamoDBOpenJobs(dynamoDB, env.JOBS_TABLE),
  groups: new DynamoDBTargetGroups(countCalls(makeSingleTryDynamoDBClient()), env.TARGET_GROUPS_TABLE),
  giveUps: new SqsWorkQueue(sqs, env.GIVE_UPS_QUEUE_URL, { encode: encodeGiveUp, isRecorded }),
  clock: systemClock,
  journal,
  settings: {
    parallelism: env.PARALLELISM,
    claimMs: env.CLAIM_SECONDS * 1_000,
    deadlineMs: env.DEADLINE_SECONDS * 1_000,
  },
};

async function handleMessage(
  record: SQSRecord,
  requestId: string,
  times: Pick<Attempt, 'stopAt' | 'handBackBy'>,
): Promise<void> {
  const message = readMessage(record);
  const subject = makeChunkSubject(message.work);
  const attempt = { owner: randomUUID(), ...times };
  try {
    await recordChunk(subject, requestId, () =>
      message.kind === 'chunk'
        ? runChunk(deps, { work: message.work, ...attempt })
        : giveUpChunk(deps, { work: message.work, ...attempt }),
    );
  } catch (error) {
    // When a chunk is taken, its message keeps its visibility timeout, which is longer than a worker's claim.
    // With a short timeout, reconcile's claim may be longer: reconcile then settles the chunk itself.
    // Every other chunk is handed back, so that its message returns sooner.
    if (!(error instanceof ChunkTakenError)) {
      if (!(error instanceof ChunkUnfinishedError)) {
        const { jobId, index } = message.work.chunk;
        report({ event: 'chunk.failed', jobId, chunk: index, cause: error }, subject);
      }
      await returnToQueue(
        findQueueUrl(record),
        record.receiptHandle,
        Number(record.attributes.ApproximateReceiveCount),
      );
    }
    throw error;
  }
}

/**
 * Decodes a message. Logs the id of a malformed one, so that it can be found in the dead-letter queue later.
 *
 * @throws UnparsableMessageError when the message is neither the work on a chunk nor a give-up
 */
function readMessage({ body, messageId }: SQSRecord): WorkMessage {
  try {
    return decodeMessage(body);
  } catch (error) {
    report({ event: 'message.unparsable', messageId, cause: error });
    throw error;
  }
}

/** Finds the queue that delivered a message: its address ends with the name at the end of the queue's ARN. */
function findQueueUrl({ eventSourceARN }: SQSRecord): string {
  const name = eventSourceARN.split(':').at(-1) ?? '';
  return env.GIVE_UPS_QUEUE_URL.endsWith(`/${name}`) ? env.GIVE_UPS_QUEUE_URL : env.CHUNKS_QUEUE_URL;
}

export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(reportInvocation())
  .handler((event, context: Context) => {
    const times = {
      stopAt: computeStopTime(context, RESERVE_MS.worker),
      handBackBy: computeStopTime(context, HAND_BACK_MS),
    };
    return processPartialResponse(
      event,
      (record: SQSRecord) => handleMessage(record, context.awsRequestId, times),
      new BatchProcessor(EventType.SQS),
      {
        context,
        // One chunk after the other keeps the concurrent writes within PARALLELISM. When the time is up, some
        // chunks are done and the others not begun, instead of all half done.
        processInParallel: false,
        // Even if every message failed, the answer lists each one, as for any other batch.
        throwOnFullBatchFailure: false,
      },
    );
  });
