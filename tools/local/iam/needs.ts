/** Lists the permissions that a call to DynamoDB or SQS needs: actions, each on a resource. */
import { arn } from '../cloud.ts';

interface Need {
  /** `service:Operation` */
  readonly action: string;
  /** An ARN; `*` where the call names no resource. */
  readonly resource: string;
}

/** @param body the parsed JSON of the call */
export type NeedsOf = (operation: string, body: unknown) => Need[];

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
export const sqsNeeds: NeedsOf = (operation, body) => {
  const name = text(body, 'QueueUrl')?.split('/').at(-1) ?? text(body, 'QueueName');
  return [
    {
      action: `sqs:${SQS_BATCHES.get(operation) ?? operation}`,
      resource: name === undefined ? '*' : arn('sqs', name),
    },
  ];
};

/** Finds the table by its name or ARN. A call that reads an index needs the permission on the index only. */
export const dynamodbNeeds: NeedsOf = (operation, body) => {
  const items = field(body, 'TransactItems');
  if (Array.isArray(items)) return items.flatMap(transactionNeeds);
  const action = `dynamodb:${operation}`;
  const tables = field(body, 'RequestItems');
  if (isRecord(tables)) return Object.keys(tables).map((name) => ({ action, resource: tableArn(name) }));
  const table = text(body, 'TableName');
  const index = text(body, 'IndexName');
  if (table === undefined) return [{ action, resource: '*' }];
  return [{ action, resource: index === undefined ? tableArn(table) : `${tableArn(table)}/index/${index}` }];
};

function transactionNeeds(item: unknown): Need[] {
  if (!isRecord(item)) return [];
  return Object.entries(item).map(([part, content]) => ({
    action: `dynamodb:${TRANSACTION_PARTS.get(part) ?? part}`,
    resource: tableArn(text(content, 'TableName') ?? ''),
  }));
}

function tableArn(table: string): string {
  return table.startsWith('arn:') ? table : arn('dynamodb', `table/${table}`);
}

function text(body: unknown, name: string): string | undefined {
  const value = field(body, name);
  return typeof value === 'string' ? value : undefined;
}

function field(body: unknown, name: string): unknown {
  return isRecord(body) ? body[name] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
