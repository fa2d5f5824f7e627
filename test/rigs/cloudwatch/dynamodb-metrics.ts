/** Publishes DynamoDB's metrics, from the calls that pass a proxy and their answers. */
import { z } from 'zod';
import { type CallHook, readOperation, type WholeAnswer } from '../../../tools/kit/forwarding.ts';
import { makeAwsDatapoint, type Publish } from './aws-metrics.ts';

/** The kind of capacity that each operation of the functions consumes. */
const CONSUMED: ReadonlyMap<string, 'Read' | 'Write'> = new Map([
  ['GetItem', 'Read'],
  ['Query', 'Read'],
  ['PutItem', 'Write'],
  ['UpdateItem', 'Write'],
  ['DeleteItem', 'Write'],
]);

const requested = z.looseObject({ TableName: z.string() });
const units = z.object({ CapacityUnits: z.number() });
const consumed = z.object({
  ConsumedCapacity: z.object({
    Table: units.optional(),
    GlobalSecondaryIndexes: z.record(z.string(), units).default({}),
  }),
});
const failed = z.object({ __type: z.string() });

const OF_INDEXES = [
  'ConsumedReadCapacityUnits',
  'ConsumedWriteCapacityUnits',
  'ReadThrottleEvents',
  'WriteThrottleEvents',
];
const OF_TABLES = [...OF_INDEXES, 'ConditionalCheckFailedRequests'];

export class DynamoDBMetrics {
  readonly #publish: Publish;

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  /**
   * Publishes zeros for a table and its indexes, so that metrics without events exist. Not every emulator
   * reports the capacity that writes consume in an index.
   */
  sample(TableName: string, indexes: readonly string[]): void {
    for (const name of OF_TABLES) this.#publishValue(name, { TableName }, 0);
    for (const GlobalSecondaryIndexName of indexes) {
      for (const name of OF_INDEXES) this.#publishValue(name, { TableName, GlobalSecondaryIndexName }, 0);
    }
  }

  /**
   * Wraps the calls, and lets each of them report the capacity that it consumed.
   *
   * @param inner carries out a call
   */
  wrapCalls(inner: CallHook): CallHook {
    return async (call, forward) => {
      const operation = readOperation(call);
      const kind = CONSUMED.get(operation);
      if (kind === undefined) return inner(call, forward);
      const body = requested.parse(JSON.parse(call.body.toString()));
      const asked = {
        ...call,
        body: Buffer.from(JSON.stringify({ ...body, ReturnConsumedCapacity: 'INDEXES' })),
      };
      const began = performance.now();
      const answer = await inner(asked, forward);
      this.#observe({ operation, kind }, body.TableName, answer, performance.now() - began);
      return answer;
    };
  }

  #observe(
    { operation, kind }: { readonly operation: string; readonly kind: 'Read' | 'Write' },
    TableName: string,
    answer: WholeAnswer,
    ms: number,
  ): void {
    const said: unknown = JSON.parse(answer.body.toString());
    if (answer.status === 200) {
      this.#publishValue('SuccessfulRequestLatency', { TableName, Operation: operation }, ms);
      const { Table, GlobalSecondaryIndexes } = consumed.parse(said).ConsumedCapacity;
      const name = `Consumed${kind}CapacityUnits`;
      this.#publishValue(name, { TableName }, Table?.CapacityUnits ?? 0);
      for (const [GlobalSecondaryIndexName, { CapacityUnits }] of Object.entries(GlobalSecondaryIndexes)) {
        this.#publishValue(name, { TableName, GlobalSecondaryIndexName }, CapacityUnits);
      }
      return;
    }
    const type = failed.safeParse(said).data?.__type.split('#').at(-1);
    if (type === 'ConditionalCheckFailedException')
      this.#publishValue('ConditionalCheckFailedRequests', { TableName }, 1);
    if (type === 'ProvisionedThroughputExceededException')
      this.#publishValue(`${kind}ThrottleEvents`, { TableName }, 1);
  }

  #publishValue(name: string, dimensions: Record<string, string>, value: number): void {
    this.#publish(makeAwsDatapoint('AWS/DynamoDB', name, dimensions, value));
  }
}
