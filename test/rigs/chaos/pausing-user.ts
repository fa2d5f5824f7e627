/** Pauses live target groups, as a user might: a job has just resumed most of them. */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { makeTargetGroupKey } from '../../../src/adapters/dynamodb/target-group-item.ts';
import type { TargetGroup } from '../../../src/domain/target-group.ts';

/** @returns whether the target group was live and is paused now */
export async function pauseIfLive(
  client: DynamoDBClient,
  table: string,
  group: TargetGroup,
): Promise<boolean> {
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { pk: { S: makeTargetGroupKey(group).pk } },
        UpdateExpression: 'SET #status = :paused, version = version + :one, last_changed_by = :user',
        ConditionExpression: '#status = :live',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':paused': { S: 'paused' },
          ':live': { S: 'live' },
          ':one': { N: '1' },
          ':user': { S: 'user' },
        },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
