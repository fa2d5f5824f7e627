/** Helpers of the end-to-end suites: the running stack, its data, its tables and its log lines. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DynamoDBClient, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { makeEmulatorConfig } from '../../tools/kit/emulator.ts';
import { parseObject } from '../../tools/kit/json.ts';
import { BatchWriter } from '../../tools/local/data/write.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import type { TargetGroup } from '../../src/domain/target-group.ts';
import { aTargetGroup, anId } from './builders.ts';
import type { StackInfo } from './start-stack.ts';

export interface E2eStack extends StackInfo {
  readonly logFile: string;
  readonly segmentFile: string;
}

export function readE2eStack(): E2eStack {
  const text = process.env['E2E_STACK'];
  if (text === undefined) throw new Error('there is no local stack: run the suite through jest');
  return JSON.parse(text) as E2eStack;
}

export function makeDynamoDBClient(stack: StackInfo): DynamoDBClient {
  return new DynamoDBClient(makeEmulatorConfig(stack.endpoints.dynamodb));
}

/**
 * Returns the name of the only table, queue or function whose logical id contains `part`.
 * @throws Error if there is none, or more than one
 */
export function findName(names: Readonly<Record<string, string>>, part: string): string {
  const matches = Object.entries(names).filter(([logicalId]) => logicalId.includes(part));
  const [match] = matches;
  if (match === undefined || matches.length > 1) throw new Error(`${matches.length} are named like ${part}`);
  return match[1];
}

/** Keeps the projects of test files apart: the counters of each file start at zero, even in one process. */
const FILE = randomBytes(4).toString('hex').toUpperCase();
let projects = 0;

/** Creates a project that only this test file uses, with target groups that may be resumed by default. */
export async function aProject(
  stack: StackInfo,
  groups: readonly Partial<TargetGroup>[] = [],
  accountId = 101,
): Promise<{ tenant: Tenant; ids: string[] }> {
  projects += 1;
  const unique = `${FILE}X${projects}X`;
  const tenant = { accountId, projectId: anId(`P${unique}`) };
  const client = makeDynamoDBClient(stack);
  const writer = new BatchWriter(client, findName(stack.tables, 'TargetGroups'));
  await writer.put({ type: 'project', tenant });
  const ids: string[] = [];
  for (const overrides of groups) {
    const group = aTargetGroup({
      targetGroupId: anId(`T${unique}`),
      startFieldingAt: '2026-01-01T00:00:00.000Z',
      endFieldingAt: '2099-01-01T00:00:00.000Z',
      ...overrides,
      ...tenant,
    });
    await writer.put({ type: 'target_group', group });
    ids.push(group.targetGroupId);
  }
  await writer.flush();
  client.destroy();
  return { tenant, ids };
}

/** Damages the record of a target group, so that no function can read it. */
export async function damageTargetGroup(
  stack: StackInfo,
  tenant: Tenant,
  targetGroupId: string,
): Promise<void> {
  const client = makeDynamoDBClient(stack);
  await client.send(
    new UpdateItemCommand({
      TableName: findName(stack.tables, 'TargetGroups'),
      Key: marshall({ pk: `${tenant.accountId}#${tenant.projectId}#${targetGroupId}` }),
      UpdateExpression: 'SET version = :text',
      ExpressionAttributeValues: marshall({ ':text': 'three' }),
    }),
  );
  client.destroy();
}

/** Returns every item of the only table whose logical id contains `part`, as plain JavaScript. */
export async function scanTable(stack: StackInfo, part: string): Promise<Record<string, unknown>[]> {
  const client = makeDynamoDBClient(stack);
  const items: Record<string, unknown>[] = [];
  let from;
  do {
    const page: { Items?: Record<string, never>[]; LastEvaluatedKey?: Record<string, never> } =
      (await client.send(
        new ScanCommand({ TableName: findName(stack.tables, part), ExclusiveStartKey: from }),
      )) as never;
    items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  client.destroy();
  return items;
}

/** Returns the log lines of the functions so far whose `message` is `event`. */
export function readLogLines(stack: E2eStack, event: string): Record<string, unknown>[] {
  return readObjectLines(stack.logFile, `"${event}"`).filter((line) => line['message'] === event);
}

/** Returns the JSON objects among the lines of a file that contain `text`. */
export function readObjectLines(file: string, text: string): Record<string, unknown>[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(text))
    .map(parseObject)
    .filter((line) => line !== undefined);
}
