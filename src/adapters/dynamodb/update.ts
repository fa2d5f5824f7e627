/** A conditional update: the one write that everything here is built from. */
import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  type DynamoDBClient,
  type ReturnValue,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { ThrottledError, UncertainWriteError } from '../../domain/errors.ts';
import type { Item } from './read-item.ts';

export interface ConditionalUpdate {
  readonly table: string;
  readonly key: Readonly<Record<string, string>>;
  readonly update: string;
  readonly condition: string;
  readonly names?: Record<string, string>;
  readonly values: Readonly<Record<string, unknown>>;
  readonly returns?: ReturnValue;
  /** Whether a refusal must be certain: not that of a write whose first try had no answer. */
  readonly certain?: boolean;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const THROTTLING: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]);

/**
 * @returns the attributes asked for (none: an empty item), or undefined when the condition did not hold.
 * @throws UncertainWriteError when it did not hold, but an earlier try of the same write may still be carried out
 * @throws ThrottledError when it was refused for want of capacity, at its only try
 *
 * A call that is tried again after its answer was lost meets its own first write. Each caller's condition says
 * what that means for it: the retried call must not be mistaken for a lost race where that matters.
 */
export async function updateIf(client: DynamoDBClient, update: ConditionalUpdate): Promise<Item | undefined> {
  try {
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName: update.table,
        Key: marshall(update.key),
        UpdateExpression: update.update,
        ConditionExpression: update.condition,
        ExpressionAttributeNames: update.names,
        ExpressionAttributeValues: marshall(update.values),
        ReturnValues: update.returns ?? 'NONE',
      }),
    );
    return Attributes === undefined ? {} : unmarshall(Attributes);
  } catch (error) {
    const tries = error instanceof DynamoDBServiceException ? (error.$metadata.attempts ?? 1) : 1;
    if (tries === 1 && error instanceof Error && THROTTLING.has(error.name)) {
      throw new ThrottledError(
        'DynamoDB refused a write for want of capacity.',
        { key: update.key },
        { cause: error },
      );
    }
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    if (update.certain === true && tries > 1) {
      throw new UncertainWriteError(
        'A write was refused at its second try.',
        { key: update.key },
        { cause: error },
      );
    }
    return undefined;
  }
}
