/** A conditional update of one item. Claims, results, moves and most changes of a job are such writes. */
import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  type DynamoDBClient,
  type ReturnValue,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { ThrottledError, UncertainWriteError } from '../../domain/errors.ts';
import { FORMAT } from '../format.ts';
import type { Item } from './read-item.ts';

export type UpdateResult =
  /** `item`: the attributes that `returns` asks for. */
  | { readonly written: true; readonly item: Item }
  /**
   * The condition failed. `found`: the item at that moment. Undefined when there is none; dynalite never
   * brings it: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
   * `tries`: of the client; with more than one, an earlier one may have written.
   */
  | { readonly written: false; readonly found: Item | undefined; readonly tries: number };

export interface ConditionalUpdate {
  readonly table: string;
  readonly key: Readonly<Record<string, string>>;
  /** May name the attribute of the format `#format`, and `format` below `:format`. */
  readonly update: string;
  readonly condition?: string;
  /** The latest format of such an item that this release knows. An item of a later one is not written. */
  readonly format: number;
  readonly names?: Record<string, string>;
  readonly values: Readonly<Record<string, unknown>>;
  readonly returns?: ReturnValue;
  /** Whether a refusal counts only if no earlier try of the same write can still be carried out. */
  readonly certain?: boolean;
  /** Ends the wait for an answer, with all tries. */
  readonly abortSignal?: AbortSignal;
}

/** Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const THROTTLING: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]);

/** Holds for an item that this release can read, and for one that does not exist (ADR 37). */
const HAS_KNOWN_FORMAT = '(attribute_not_exists(#format) OR #format <= :format)';

/**
 * Updates an item if the condition holds and the item has a known format. It changes no attribute but those
 * that the update names, so that what a later release has added stays.
 *
 * When the answer of a try was lost, the client's retry meets the write of the first try, so that the
 * condition may fail. Each caller explains at its condition what that means.
 *
 * @throws UncertainWriteError when `certain` is set and the condition failed at a retry: an earlier try may
 *   still be carried out
 * @throws ThrottledError when DynamoDB throttled the only try
 */
export async function updateIf(client: DynamoDBClient, update: ConditionalUpdate): Promise<UpdateResult> {
  try {
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName: update.table,
        Key: marshall(update.key),
        UpdateExpression: update.update,
        ConditionExpression:
          update.condition === undefined ? HAS_KNOWN_FORMAT : `(${update.condition}) AND ${HAS_KNOWN_FORMAT}`,
        ExpressionAttributeNames: { ...update.names, '#format': FORMAT },
        ExpressionAttributeValues: marshall({ ...update.values, ':format': update.format }),
        ReturnValues: update.returns ?? 'NONE',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      { ...(update.abortSignal && { abortSignal: update.abortSignal }) },
    );
    return { written: true, item: Attributes === undefined ? {} : unmarshall(Attributes) };
  } catch (error) {
    const tries = error instanceof DynamoDBServiceException ? (error.$metadata.attempts ?? 1) : 1;
    if (tries === 1 && error instanceof Error && THROTTLING.has(error.name)) {
      throw new ThrottledError('DynamoDB throttled a write.', { key: update.key }, { cause: error });
    }
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    if (update.certain === true && tries > 1) {
      throw new UncertainWriteError(
        'The condition of a write failed at a retry.',
        { key: update.key },
        { cause: error },
      );
    }
    return { written: false, found: readFoundItem(error), tries };
  }
}

/** Reads the item that a failed condition brings. */
export function readFoundItem({ Item }: ConditionalCheckFailedException): Item | undefined {
  return Item && unmarshall(Item);
}
