/** Tests the promises of every adapter of the Backlog port; the suite runs against each adapter. */
import { BatchWriteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DynamoDBBacklog } from '../../src/adapters/dynamodb/backlog.ts';
import { InconsistentStoreError } from '../../src/domain/errors.ts';
import type { Backlog } from '../../src/ports/backlog.ts';
import { NOW } from '../support/builders.ts';
import { MemoryBacklog } from '../support/memory/backlog.ts';
import { type TestTables, openTables } from '../support/test-tables.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DEADLINE = 120 * MINUTE;

let tables: TestTables;
// Each test has its own table, because a table has one backlog.
beforeEach(async () => {
  tables = await openTables();
});
afterEach(() => tables.close());

const ADAPTERS: [string, () => Backlog][] = [
  ['memory', () => new MemoryBacklog(DEADLINE)],
  ['DynamoDB', () => new DynamoDBBacklog(tables.client, tables.jobs, DEADLINE)],
];

describe.each(ADAPTERS)('the backlog in %s', (_name, open) => {
  let backlog: Backlog;
  beforeEach(() => {
    backlog = open();
  });

  test('is empty at first', async () => {
    expect(await backlog.estimate(NOW)).toBe(0);
  });

  test('is what was accepted, until there is a pass', async () => {
    await backlog.addAccepted(1_000, NOW);
    await backlog.addAccepted(2_500, NOW + SECOND);
    await backlog.addAccepted(10_000, NOW + 60 * SECOND);
    expect(await backlog.estimate(NOW + 61 * SECOND)).toBe(13_500);
  });

  test('is what the last pass has counted, and what was accepted since', async () => {
    await backlog.addAccepted(1_000, NOW);
    await backlog.savePass(70_000, NOW + 30 * SECOND);
    expect(await backlog.estimate(NOW + 31 * SECOND)).toBe(70_000);
    await backlog.addAccepted(2_000, NOW + 31 * SECOND);
    expect(await backlog.estimate(NOW + 32 * SECOND)).toBe(72_000);
    await backlog.savePass(71_000, NOW + 90 * SECOND);
    expect(await backlog.estimate(NOW + 91 * SECOND)).toBe(71_000);
  });

  test('counts what was accepted in the ten seconds before a pass, which may have missed it', async () => {
    await backlog.addAccepted(1_000, NOW);
    await backlog.savePass(0, NOW + 10 * SECOND);
    expect(await backlog.estimate(NOW + 11 * SECOND)).toBe(1_000);
    await backlog.savePass(1_000, NOW + 20 * SECOND);
    expect(await backlog.estimate(NOW + 21 * SECOND)).toBe(1_000);
  });

  test('counts what was accepted since a pass of a clock that is ahead', async () => {
    await backlog.savePass(1_000, NOW + 600 * SECOND);
    await backlog.addAccepted(2_000, NOW + SECOND);
    expect(await backlog.estimate(NOW + 2 * SECOND)).toBe(3_000);
  });

  test('keeps the later one of two passes', async () => {
    await backlog.savePass(2, NOW + SECOND);
    await backlog.savePass(1, NOW);
    expect(await backlog.estimate(NOW + SECOND)).toBe(2);
  });

  test('keeps the later pass of two runs, of which one has begun a minute after the other', async () => {
    await backlog.savePass(2, NOW + 60 * SECOND);
    await backlog.savePass(1, NOW);
    expect(await backlog.estimate(NOW + 60 * SECOND)).toBe(2);
  });

  test('keeps a pass of a clock that is far ahead until the next one only', async () => {
    await backlog.savePass(1_000_000, NOW + 60 * MINUTE);
    await backlog.savePass(1_000, NOW);
    expect(await backlog.estimate(NOW + SECOND)).toBe(1_000);
    await backlog.addAccepted(2_000, NOW + 30 * SECOND);
    expect(await backlog.estimate(NOW + 60 * SECOND)).toBe(3_000);
  });

  test('counts all that was accepted in half of the deadline while there is no pass', async () => {
    await backlog.savePass(5_000, NOW);
    for (let second = 1; second <= 60 * 60; second += 10)
      await backlog.addAccepted(1_000, NOW + second * SECOND);
    expect(await backlog.estimate(NOW + 60 * MINUTE)).toBe(365_000);
    await backlog.savePass(7_000, NOW + 30 * MINUTE);
    expect(await backlog.estimate(NOW + 60 * MINUTE)).toBe(7_000 + 181_000);
  });

  test('forgets what was accepted half a deadline ago, whatever a pass has seen of it', async () => {
    await backlog.savePass(5_000, NOW);
    await backlog.addAccepted(1_000, NOW + SECOND);
    expect(await backlog.estimate(NOW + 60 * MINUTE)).toBe(6_000);
    expect(await backlog.estimate(NOW + 60 * MINUTE + 11 * SECOND)).toBe(5_000);
  });
});

test.each(['counted_at', 'target_groups'])(
  'a pass whose %s is damaged is replaced by the next one',
  async (name) => {
    const backlog = new DynamoDBBacklog(tables.client, tables.jobs, DEADLINE);
    const pass = {
      pk: 'BACKLOG',
      sk: 'PASS',
      format: 1,
      target_groups: 5_000,
      counted_at: NOW,
      [name]: 'damaged',
    };
    await tables.client.send(new PutItemCommand({ TableName: tables.jobs, Item: marshall(pass) }));
    await expect(backlog.estimate(NOW + SECOND)).rejects.toThrow(InconsistentStoreError);
    await backlog.savePass(1_000, NOW + 60 * SECOND);
    expect(await backlog.estimate(NOW + 61 * SECOND)).toBe(1_000);
  },
);

test('the slots of an hour and more without a pass are read in three pages', async () => {
  const backlog = new DynamoDBBacklog(tables.client, tables.jobs, 24 * 60 * MINUTE);
  for (let batch = 0; batch < 20; batch += 1) {
    const requests = Array.from({ length: 25 }, (_, i) => {
      const slot = new Date(NOW - (25 * batch + i) * 10 * SECOND).toISOString();
      return {
        PutRequest: { Item: marshall({ pk: 'BACKLOG', sk: `ACCEPTED#${slot}`, target_groups: 1_000 }) },
      };
    });
    const RequestItems = { [tables.jobs]: requests };
    await tables.client.send(new BatchWriteItemCommand({ RequestItems }));
  }
  const sent = jest.spyOn(tables.client, 'send');
  expect(await backlog.estimate(NOW)).toBe(500_000);
  expect(sent).toHaveBeenCalledTimes(3);
});

test('what was accepted expires by itself some minutes after it counts no more, and a pass never', async () => {
  const backlog = new DynamoDBBacklog(tables.client, tables.jobs, DEADLINE);
  await backlog.addAccepted(1_000, NOW);
  await backlog.savePass(1_000, NOW);
  const read = async (sk: string) => {
    const Key = marshall({ pk: 'BACKLOG', sk });
    return (await tables.client.send(new GetItemCommand({ TableName: tables.jobs, Key }))).Item;
  };
  expect(await read(`ACCEPTED#${new Date(NOW).toISOString()}`)).toMatchObject({
    expires_at: { N: String(NOW / SECOND + 3_600 + 600) },
  });
  expect(await read('PASS')).not.toHaveProperty('expires_at');
});
