/** A proxy between the functions and DynamoDB that records the table and the key of each call. */
import { forwardTo, readOperation } from '../../tools/kit/forwarding.ts';
import type { Listener } from '../../tools/kit/loopback.ts';

export interface StoreCall {
  readonly operation: string;
  readonly table: string;
  /** Partition key of the item or of the query; undefined for a call without one. */
  readonly key: string | undefined;
}

type Attribute = Readonly<Record<string, string>> | undefined;

interface Input {
  readonly TableName?: string;
  readonly Key?: Readonly<Record<string, Attribute>>;
  readonly Item?: Readonly<Record<string, Attribute>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, Attribute>>;
}

export interface DynamoDBSpy extends Listener {
  /** The calls since a test last emptied the list. */
  readonly calls: StoreCall[];
}

/**
 * Starts a proxy on the loopback network.
 * @param target address of the DynamoDB that answers
 */
export async function spyOnDynamoDB(target: string): Promise<DynamoDBSpy> {
  const calls: StoreCall[] = [];
  const listener = await forwardTo(target, {
    around: (call, forward) => {
      // A busy machine may answer so late that the client sends a call once more.
      const isRepeated = !String(call.headers['amz-sdk-request']).startsWith('attempt=1;');
      if (!isRepeated) calls.push(readCall(readOperation(call), JSON.parse(call.body.toString()) as Input));
      return forward(call);
    },
  });
  return { ...listener, calls };
}

function readCall(operation: string, input: Input): StoreCall {
  const item = input.Key ?? input.Item;
  const attribute = item?.['pk'] ?? item?.['id'] ?? input.ExpressionAttributeValues?.[':pk'];
  return { operation, table: input.TableName ?? '', key: attribute?.['S'] };
}
