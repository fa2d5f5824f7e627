/** Creates the tables and queues on the emulators. Existing ones are used unchanged. */
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { makeEmulatorConfig } from '../kit/emulator.ts';
import type { References } from './template/intrinsics.ts';
import { type Queue, readQueues } from './template/read-queues.ts';
import { makeReferences } from './template/references.ts';
import { readTables, type Table } from './template/read-tables.ts';
import type { Template } from './template/template.ts';

export interface Infrastructure {
  readonly tables: readonly Table[];
  /** Names of the tables that did not exist before. */
  readonly newTables: ReadonlySet<string>;
  readonly queues: readonly Queue[];
  /** URLs by the queue's logical id. */
  readonly queueUrls: ReadonlyMap<string, string>;
  /** The references of the template, including the URLs of the queues. */
  readonly references: References;
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
}

/**
 * Creates the tables and queues of a template.
 * @param apiUrl base URL of the API
 * @throws UnsupportedTemplateError
 */
export async function makeInfrastructure(
  template: Template,
  endpoints: { readonly dynamodb: string; readonly sqs: string },
  apiUrl: string,
): Promise<Infrastructure> {
  const dynamodb = new DynamoDBClient(makeEmulatorConfig(endpoints.dynamodb));
  const sqs = new SQSClient(makeEmulatorConfig(endpoints.sqs));
  const queueUrls = new Map<string, string>();
  const references = makeReferences(template, { apiUrl, findQueueUrl: (id) => queueUrls.get(id) });
  const tables = readTables(template, references);
  const queues = readQueues(template, references);
  const newTables = await makeTables(dynamodb, tables);
  for (const [id, url] of await makeQueues(sqs, endpoints.sqs, queues)) queueUrls.set(id, url);
  return { tables, newTables, queues, queueUrls, references, dynamodb, sqs };
}

/**
 * Creates the missing tables, and waits until each can be used, at most 30 seconds.
 * @returns the names of those that it has created
 */
export async function makeTables(
  dynamodb: DynamoDBClient,
  tables: readonly Table[],
): Promise<ReadonlySet<string>> {
  const created = new Set<string>();
  for (const { name, definition } of tables) {
    try {
      await dynamodb.send(new CreateTableCommand({ TableName: name, ...definition }));
      created.add(name);
    } catch (error) {
      if (!(error instanceof ResourceInUseException)) throw error;
    }
    await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30, minDelay: 1 }, { TableName: name });
  }
  return created;
}

/**
 * Creates the queues, dead-letter queues first.
 * @param endpoint replaces the host in the URLs: an emulator may answer with a name that does not resolve
 * @returns the URLs by logical id
 */
async function makeQueues(
  sqs: SQSClient,
  endpoint: string,
  queues: readonly Queue[],
): Promise<Map<string, string>> {
  const deadLettersFirst = [...queues].sort(
    (a, b) => Number('RedrivePolicy' in a.attributes) - Number('RedrivePolicy' in b.attributes),
  );
  const urls = new Map<string, string>();
  for (const { logicalId, name, attributes } of deadLettersFirst) {
    const { QueueUrl } = await sqs.send(
      new CreateQueueCommand({ QueueName: name, Attributes: { ...attributes } }),
    );
    if (QueueUrl === undefined) throw new Error(`CreateQueue ${name} answered without a URL`);
    urls.set(logicalId, new URL(new URL(QueueUrl).pathname, endpoint).href);
  }
  return urls;
}
