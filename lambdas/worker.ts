/**
 * Works on the chunks of a batch of queue messages, one after the other (src/application/run-chunk.ts).
 * Answers which messages SQS must deliver again.
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
import { decodeChunk } from '../src/adapters/sqs/chunk-message.ts';
import { makeSqsClient } from '../src/adapters/sqs/sqs-client.ts';
import { makeReturnToQueue } from '../src/adapters/sqs/return-to-queue.ts';
import { makeChunkSubject } from '../src/application/with-subject.ts';
import { type Attempt, runChunk } from '../src/application/run-chunk.ts';
import { ChunkTakenError, ChunkUnfinishedError } from '../src/domain/errors.ts';
import type { ChunkWork } from '../src/ports/work-queue.ts';
import { systemClock } from '../src/adapters/lambda/clock.ts';
import { readEnv } from '../src/adapters/lambda/read-environment.ts';
import { computeStopTime, HAND_BACK_MS, RESERVE_MS } from '../src/adapters/lambda/stop-time.ts';
import { recordChunk } from '../src/observability/record-work.ts';
import { journal, report, reportInvocation } from '../src/observability/report.ts';
import { countCalls } from '../src/observability/count-calls.ts';

const env = readEnv([
  'JOBS_TABLE',
  'TARGET_GROUPS_TABLE',
  'CHUNKS_QUEUE_URL',
  'GIVE_UPS_QUEUE_URL',
  'DEADLINE_SECONDS',
  'PARALLELISM',
  'CLAIM_SECONDS',
]);
/** The variables that the stack has to set, no more and no fewer: lib/functions/worker.ts. */
export type Environment = typeof env;

const dynamoDB = countCalls(makeDynamoDBClient());
const returnToQueue = makeReturnToQueue(countCalls(makeSqsClient()), env.CHUNKS_QUEUE_URL);
const deps = {
  jobs: new DynamoDBJobs(dynamoDB, env.JOBS_TABLE),
  chunks: new DynamoDBChunks(dynamoDB, env.JOBS_TABLE),
  openJobs: new DynamoDBOpenJobs(dynamoDB, env.JOBS_TABLE),
  groups: new DynamoDBTargetGroups(countCalls(makeSingleTryDynamoDBClient()), env.TARGET_GROUPS_TABLE),
  clock: systemClock,
  journal,
  settings: { parallelism: env.PARALLELISM, claimMs: env.CLAIM_SECONDS * 1_000 },
};

async function handleMessage(
  record: SQSRecord,
  requestId: string,
  times: Pick<Attempt, 'stopAt' | 'handBackBy'>,
): Promise<void> {
  const chunkWork = decodeMessage(record);
  const subject = makeChunkSubject(chunkWork);
  try {
    await recordChunk(subject, requestId, () =>
      runChunk(deps, { work: chunkWork, owner: randomUUID(), ...times }),
    );
  } catch (error) {
    // When a chunk is taken, its message keeps its visibility timeout, which is longer than a claim. Every
    // other chunk is handed back, so that its message returns sooner.
    if (!(error instanceof ChunkTakenError)) {
      if (!(error instanceof ChunkUnfinishedError)) {
        const { jobId, index } = chunkWork.chunk;
        report({ event: 'chunk.failed', jobId, chunk: index, cause: error }, subject);
      }
      await returnToQueue(record.receiptHandle, Number(record.attributes.ApproximateReceiveCount));
    }
    throw error;
  }
}

/**
 * Decodes a message. Logs the id of a malformed one, so that it can be found in the dead-letter queue later.
 *
 * @throws UnparsableMessageError when the message is not a valid chunk message
 */
function decodeMessage({ body, messageId }: SQSRecord): ChunkWork {
  try {
    return decodeChunk(body);
  } catch (error) {
    report({ event: 'message.unparsable', messageId, cause: error });
    throw error;
  }
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
