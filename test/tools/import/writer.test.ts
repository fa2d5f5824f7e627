/** The writer of the import: what it has under way at once, and in which order. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import type { DataRecord } from '../../../tools/import/records.ts';
import { Writer } from '../../../tools/import/writer.ts';
import type { TargetGroup } from '../../../src/domain/target-group.ts';
import { aTargetGroup, makeIds } from '../../support/builders.ts';
import { waitUntil } from '../../support/wait-until.ts';

interface Write {
  readonly pk: string;
  readonly status: string | undefined;
  answer(): void;
}

/** A table that answers a write of a target group when the test says so, and any other at once. */
function arrange() {
  const writes: Write[] = [];
  const send = ({ input }: { input: { Item?: Record<string, { S?: string }> } }) => {
    const pk = input.Item?.['pk']?.S ?? '';
    if (pk.split('#').length < 3) return Promise.resolve({});
    const { promise, resolve } = Promise.withResolvers<object>();
    writes.push({
      pk,
      status: input.Item?.['status']?.S,
      answer: () => {
        resolve({});
      },
    });
    return promise;
  };
  const writer = new Writer({ send } as unknown as DynamoDBClient, 'target-groups', 'skip');
  return { writes, writer };
}

const record = (overrides: Partial<TargetGroup>): DataRecord => ({
  type: 'target_group',
  group: aTargetGroup(overrides),
});

test('two rows of one target group are written one after the other', async () => {
  const { writes, writer } = arrange();
  const [targetGroupId = '', other = ''] = makeIds(2);
  await writer.put(record({ targetGroupId, status: 'paused' }));
  const second = writer.put(record({ targetGroupId, status: 'draft' }));
  // Whoever would not wait would have sent it by now.
  await new Promise(setImmediate);
  expect(writes.map(({ status }) => status)).toEqual(['paused']);
  expect(writer.done).toBe(0);
  writes[0]?.answer();
  await second;
  await waitUntil(() => writes.length === 2);
  expect(writes[1]).toMatchObject({ status: 'draft' });
  writes[1]?.answer();

  // A row of another one does not wait.
  await writer.put(record({ targetGroupId: other }));
  writes[2]?.answer();
  await writer.flush();
  expect(writer.done).toBe(3);
  expect(writer.counts).toEqual({ added: 3, updated: 0, skipped: 0 });
});

test('no more than sixty-four are under way at once', async () => {
  const { writes, writer } = arrange();
  let taken = 0;
  const all = (async () => {
    for (const targetGroupId of makeIds(66)) {
      await writer.put(record({ targetGroupId }));
      taken += 1;
    }
  })();
  await waitUntil(() => taken === 64);
  await new Promise(setImmediate);
  expect(writes).toHaveLength(64);
  while (taken < 66 || writes.length < 66) {
    for (const write of writes) write.answer();
    await new Promise(setImmediate);
  }
  await all;
  for (const write of writes) write.answer();
  await writer.flush();
  expect(writer.done).toBe(66);
});
