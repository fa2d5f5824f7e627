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
import { encodeChunk } from '../../../src/adapters/sqs/work-message.ts';
import { makeTargetGroupKey } from '../../../src/adapters/dynamodb/target-group-item.ts';
import { cutIntoChunks } from '../../../src/application/cut-into-chunks.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { canonicalizeIds, type Job } from '../../../src/domain/job.ts';
import { TRACE } from '../../support/builders.ts';
import { makeDynamoDBClient, findName, scanTable } from '../../support/e2e.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { Message } from './sqs-metrics.ts';
import type { AlarmRig } from './alarm-rig.ts';

/** Sets attributes of an item. */
export async function setAttributes(
  rig: AlarmRig,
  table: string,
  key: Record<string, AttributeValue>,
  attributes: Readonly<Record<string, unknown>>,
): Promise<void> {
  const names = Object.keys(attributes);
  await withDynamoDB(rig, (client) =>
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
  rig: AlarmRig,
  tenant: Tenant,
  targetGroupId: string,
  attributes: Readonly<Record<string, unknown>>,
): Promise<void> {
  const key = marshall(makeTargetGroupKey({ ...tenant, targetGroupId }));
  return setAttributes(rig, findName(rig.stack.tables, 'TargetGroups'), key, attributes);
}

/** Deletes every record of the idempotency table. */
export async function forgetCalls(rig: AlarmRig): Promise<void> {
  const TableName = findName(rig.stack.tables, 'Idempotency');
  const records = await scanTable(rig.unobserved, 'Idempotency');
  await withDynamoDB(rig, (client) =>
    Promise.all(
      records.map(({ id }) => client.send(new DeleteItemCommand({ TableName, Key: marshall({ id }) }))),
    ),
  );
}

/** Calls `act` with a client of the emulator itself, whose calls are not observed. */
export async function withDynamoDB<T>(
  rig: AlarmRig,
  act: (client: DynamoDBClient) => Promise<T>,
): Promise<T> {
  const client = makeDynamoDBClient(rig.unobserved);
  try {
    return await act(client);
  } finally {
    client.destroy();
  }
}

/** A queue of the worker, by a part of its logical id. */
export type QueueName = 'Chunks' | 'GiveUps';

/** The dead-letter queues, by a part of their logical ids. */
export const DEAD_LETTERS: Readonly<Record<QueueName, string>> = {
  Chunks: 'QueueDeadLetters',
  GiveUps: 'GivingUpDeadLetters',
};

/** Sends a message. @returns it as it was observed on its way to the queue */
export async function sendMessage(
  rig: AlarmRig,
  body: string,
  queue: QueueName = 'Chunks',
): Promise<Message> {
  const sent = await rig.sqs.send(
    new SendMessageCommand({ QueueUrl: findName(rig.stack.queues, queue), MessageBody: body }),
  );
  return waitUntil(() => rig.sqsMetrics.messages.get(sent.MessageId ?? ''));
}

/** Sends the first chunk of a job that asks for `ids`. */
export function sendChunk(rig: AlarmRig, job: Job, ids: readonly string[]): Promise<Message> {
  const [work] = cutIntoChunks(job, canonicalizeIds(ids), [0], TRACE);
  if (work === undefined) throw new Error('the job has no chunk');
  return sendMessage(rig, encodeChunk(work));
}

/** Ends a message's visibility timeout: it is delivered again, or becomes a dead letter. */
export async function endVisibilityTimeout(rig: AlarmRig, message: Message): Promise<void> {
  await rig.sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: findQueue(rig, message),
      ReceiptHandle: message.receipt,
      VisibilityTimeout: 0,
    }),
  );
}

export async function removeMessage(rig: AlarmRig, message: Message): Promise<void> {
  await rig.sqs.send(
    new DeleteMessageCommand({ QueueUrl: findQueue(rig, message), ReceiptHandle: message.receipt }),
  );
}

/** Returns the URL of the queue that a message is in. */
function findQueue(rig: AlarmRig, { queue }: Message): string {
  const url = Object.values(rig.stack.queues).find((each) => each.endsWith(`/${queue}`));
  if (url === undefined) throw new Error(`there is no queue ${queue}`);
  return url;
}
