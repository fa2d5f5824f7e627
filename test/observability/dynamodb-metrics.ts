/** DynamoDB's metrics, of the calls that pass and their answers. */
import { z } from 'zod';
import type { Answer, Around, Call } from '../chaos/proxy.ts';
import { awsDatapoint, type Publish } from './aws-metrics.ts';

const requested = z.looseObject({ TableName: z.string() });
const units = z.object({ CapacityUnits: z.number() });
const consumed = z.object({
  ConsumedCapacity: z.object({
    Table: units.optional(),
    GlobalSecondaryIndexes: z.record(z.string(), units).default({}),
  }),
});
const failed = z.object({ __type: z.string() });

const OF_TABLES = [
  'ConditionalCheckFailedRequests',
  'ConsumedReadCapacityUnits',
  'ConsumedWriteCapacityUnits',
  'ReadThrottleEvents',
  'WriteThrottleEvents',
];

export class DynamoDBMetrics {
  readonly #publish: Publish;

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  /** Zeros: DynamoDB publishes these of every table, as soon as there is anything to publish. */
  sample(tables: readonly string[]): void {
    for (const TableName of tables) for (const name of OF_TABLES) this.#add(name, { TableName }, 0);
  }

  /**
   * To be put around the calls. Each is made to tell what it consumed.
   *
   * @param inner carries a call out
   */
  around(inner: Around): Around {
    return async (call, forward) => {
      const body = requested.safeParse(JSON.parse(call.body.toString())).data;
      if (body === undefined) return inner(call, forward);
      const asked = {
        ...call,
        body: Buffer.from(JSON.stringify({ ...body, ReturnConsumedCapacity: 'INDEXES' })),
      };
      const began = performance.now();
      const answer = await inner(asked, forward);
      this.#observe(call, body.TableName, answer, performance.now() - began);
      return answer;
    };
  }

  #observe({ operation }: Call, TableName: string, answer: Answer, ms: number): void {
    const kind = ['GetItem', 'Query'].includes(operation) ? 'Read' : 'Write';
    const said: unknown = JSON.parse(answer.body.toString());
    if (answer.status === 200) {
      this.#add('SuccessfulRequestLatency', { TableName, Operation: operation }, ms);
      const { Table, GlobalSecondaryIndexes } = consumed.parse(said).ConsumedCapacity;
      const name = `Consumed${kind}CapacityUnits`;
      this.#add(name, { TableName }, Table?.CapacityUnits ?? 0);
      for (const [GlobalSecondaryIndexName, { CapacityUnits }] of Object.entries(GlobalSecondaryIndexes)) {
        this.#add(name, { TableName, GlobalSecondaryIndexName }, CapacityUnits);
      }
      return;
    }
    const type = failed.safeParse(said).data?.__type.split('#').at(-1);
    if (type === 'ConditionalCheckFailedException')
      this.#add('ConditionalCheckFailedRequests', { TableName }, 1);
    if (type === 'ProvisionedThroughputExceededException')
      this.#add(`${kind}ThrottleEvents`, { TableName }, 1);
  }

  #add(name: string, dimensions: Record<string, string>, value: number): void {
    this.#publish(awsDatapoint('AWS/DynamoDB', name, dimensions, value));
  }
}
