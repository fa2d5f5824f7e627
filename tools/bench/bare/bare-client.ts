/** The smallest function that calls DynamoDB; start-up times are compared with it (ADR 29). */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';

const client = new DynamoDBClient({});

export const handler = (event: { table: string; pk: string }) =>
  client.send(new GetItemCommand({ TableName: event.table, Key: { pk: { S: event.pk } } }));
