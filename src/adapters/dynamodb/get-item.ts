/** A consistent read of one item: it sees every write that was acknowledged before. */
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Item } from './read-item.ts';

export async function getItem(
  client: DynamoDBClient,
  table: string,
  key: Readonly<Record<string, string>>,
  abortSignal?: AbortSignal,
): Promise<Item | undefined> {
  const { Item } = await client.send(
    new GetItemCommand({ TableName: table, Key: marshall(key), ConsistentRead: true }),
    { ...(abortSignal && { abortSignal }) },
  );
  return Item && unmarshall(Item);
}
