/** Lists the permissions that a call to DynamoDB or SQS needs: actions, each on a resource. */
import { makeArn } from '../cloud.ts';

interface Need {
  /** `service:Operation` */
  readonly action: string;
  /** An ARN; `*` where the call names no resource. */
  readonly resource: string;
}

/** @param body the parsed JSON of the call */
export type ListNeeds = (operation: string, body: unknown) => Need[];

/** SQS checks a batch operation with the permission of the single operation. */
const SQS_BATCHES: ReadonlyMap<string, string> = new Map([
  ['ChangeMessageVisibilityBatch', 'ChangeMessageVisibility'],
  ['DeleteMessageBatch', 'DeleteMessage'],
  ['SendMessageBatch', 'SendMessage'],
]);

/** The parts of a transaction, and the DynamoDB action that each needs. */
const TRANSACTION_PARTS: ReadonlyMap<string, string> = new Map([
  ['ConditionCheck', 'ConditionCheckItem'],
  ['Delete', 'DeleteItem'],
  ['Get', 'GetItem'],
  ['Put', 'PutItem'],
  ['Update', 'UpdateItem'],
]);

/** Finds the queue by its URL, whose path ends with the queue's name, or by its name. */
export const listSqsNeeds: ListNeeds = (operation, body) => {
  const name = readText(body, 'QueueUrl')?.split('/').at(-1) ?? readText(body, 'QueueName');
  return [
    {
      action: `sqs:${SQS_BATCHES.get(operation) ?? operation}`,
      resource: name === undefined ? '*' : makeArn('sqs', name),
    },
  ];
};

/** Finds the table by its name or ARN. A call that reads an index needs the permission on the index only. */
export const listDynamodbNeeds: ListNeeds = (operation, body) => {
  const items = readField(body, 'TransactItems');
  if (Array.isArray(items)) return items.flatMap(listTransactionNeeds);
  const action = `dynamodb:${operation}`;
  const tables = readField(body, 'RequestItems');
  if (isRecord(tables)) return Object.keys(tables).map((name) => ({ action, resource: makeTableArn(name) }));
  const table = readText(body, 'TableName');
  const index = readText(body, 'IndexName');
  if (table === undefined) return [{ action, resource: '*' }];
  return [
    { action, resource: index === undefined ? makeTableArn(table) : `${makeTableArn(table)}/index/${index}` },
  ];
};

function listTransactionNeeds(item: unknown): Need[] {
  if (!isRecord(item)) return [];
  return Object.entries(item).map(([part, content]) => ({
    action: `dynamodb:${TRANSACTION_PARTS.get(part) ?? part}`,
    resource: makeTableArn(readText(content, 'TableName') ?? ''),
  }));
}

function makeTableArn(table: string): string {
  return table.startsWith('arn:') ? table : makeArn('dynamodb', `table/${table}`);
}

function readText(body: unknown, name: string): string | undefined {
  const value = readField(body, name);
  return typeof value === 'string' ? value : undefined;
}

function readField(body: unknown, name: string): unknown {
  return isRecord(body) ? body[name] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
