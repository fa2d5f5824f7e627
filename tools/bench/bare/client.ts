/** The smallest function that can ask DynamoDB for something: what start-up times are compared with. */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';

const client = new DynamoDBClient({});

export const handler = (event: { table: string; pk: string }) =>
  client.send(new GetItemCommand({ TableName: event.table, Key: { pk: { S: event.pk } } }));
