/** Changes items and messages without the functions, as users, accidents and other senders would. */
import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { encodeChunk } from '../../../src/adapters/sqs/chunk-message.ts';
import { targetGroupKey } from '../../../src/adapters/dynamodb/target-group-item.ts';
import { cutIntoChunks } from '../../../src/application/cut-into-chunks.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { canonicalIds, type Job } from '../../../src/domain/job.ts';
import { TRACE } from '../../support/builders.ts';
import { dynamoDBOf, nameLike, scan } from '../../support/e2e.ts';
import { until } from '../../support/until.ts';
import type { Message } from './sqs-metrics.ts';
import type { Stage } from './stage.ts';

/** Sets attributes of an item. */
export async function setAttributes(
  stage: Stage,
  table: string,
  key: Record<string, AttributeValue>,
  attributes: Readonly<Record<string, unknown>>,
): Promise<void> {
  const names = Object.keys(attributes);
  await withDynamoDB(stage, (client) =>
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: key,
        UpdateExpression: `SET ${names.map((_, i) => `#${i} = :${i}`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(names.map((name, i) => [`#${i}`, name])),
        ExpressionAttributeValues: marshall(
          Object.fromEntries(Object.values(attributes).map((value, i) => [`:${i}`, value])),
        ),
      }),
    ),
  );
}

/** Sets attributes of a target group, as a user or an accident would. */
export function setTargetGroup(
  stage: Stage,
  tenant: Tenant,
  targetGroupId: string,
  attributes: Readonly<Record<string, unknown>>,
): Promise<void> {
  const key = marshall(targetGroupKey({ ...tenant, targetGroupId }));
  return setAttributes(stage, nameLike(stage.stack.tables, 'TargetGroups'), key, attributes);
}

/** Deletes every record of the idempotency table. */
export async function forgetCalls(stage: Stage): Promise<void> {
  const TableName = nameLike(stage.stack.tables, 'Idempotency');
  const records = await scan(stage.behind, 'Idempotency');
  await withDynamoDB(stage, (client) =>
    Promise.all(
      records.map(({ id }) => client.send(new DeleteItemCommand({ TableName, Key: marshall({ id }) }))),
    ),
  );
}

/** Calls `act` with a client of the emulator itself, whose calls are not observed. */
export async function withDynamoDB<T>(stage: Stage, act: (client: DynamoDBClient) => Promise<T>): Promise<T> {
  const client = dynamoDBOf(stage.behind);
  try {
    return await act(client);
  } finally {
    client.destroy();
  }
}

/** Sends a message. @returns it as it was observed on its way to the queue */
export async function send(stage: Stage, body: string): Promise<Message> {
  const sent = await stage.sqs.send(
    new SendMessageCommand({ QueueUrl: chunksQueue(stage), MessageBody: body }),
  );
  return until(() => stage.sqsMetrics.messages.get(sent.MessageId ?? ''));
}

/** Sends the first chunk of a job that asks for `ids`. */
export function sendChunk(stage: Stage, job: Job, ids: readonly string[]): Promise<Message> {
  const [work] = cutIntoChunks(job, canonicalIds(ids), [0], TRACE);
  if (work === undefined) throw new Error('the job has no chunk');
  return send(stage, encodeChunk(work));
}

/** Ends a message's visibility timeout: it is delivered again, or becomes a dead letter. */
export async function returnNow(stage: Stage, { receipt }: Message): Promise<void> {
  await stage.sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: chunksQueue(stage),
      ReceiptHandle: receipt,
      VisibilityTimeout: 0,
    }),
  );
}

export async function remove(stage: Stage, { receipt }: Message): Promise<void> {
  await stage.sqs.send(new DeleteMessageCommand({ QueueUrl: chunksQueue(stage), ReceiptHandle: receipt }));
}

function chunksQueue(stage: Stage): string {
  return nameLike(stage.stack.queues, 'Chunks');
}
