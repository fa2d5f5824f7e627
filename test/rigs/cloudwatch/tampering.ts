/** What happens behind the functions' backs: items that are changed, messages that come from elsewhere. */
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

/** As a user would, or an accident. */
export function setTargetGroup(
  stage: Stage,
  tenant: Tenant,
  targetGroupId: string,
  attributes: Readonly<Record<string, unknown>>,
): Promise<void> {
  const key = marshall(targetGroupKey({ ...tenant, targetGroupId }));
  return setAttributes(stage, nameLike(stage.stack.tables, 'TargetGroups'), key, attributes);
}

/** The idempotency table forgets every call. */
export async function forgetCalls(stage: Stage): Promise<void> {
  const TableName = nameLike(stage.stack.tables, 'Idempotency');
  const records = await scan(stage.behind, 'Idempotency');
  await withDynamoDB(stage, (client) =>
    Promise.all(
      records.map(({ id }) => client.send(new DeleteItemCommand({ TableName, Key: marshall({ id }) }))),
    ),
  );
}

/** Does something on the store itself. */
export async function withDynamoDB<T>(stage: Stage, act: (client: DynamoDBClient) => Promise<T>): Promise<T> {
  const client = dynamoDBOf(stage.behind);
  try {
    return await act(client);
  } finally {
    client.destroy();
  }
}

/** @returns the message, as the queue knows it */
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

/** Its visibility timeout is over: it is delivered again, or given up. */
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
