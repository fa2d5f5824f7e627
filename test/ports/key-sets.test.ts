/** Tests the promises of every adapter of the KeySets port; the suite runs against each adapter. */
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DynamoDBKeySets } from '../../src/adapters/dynamodb/key-sets.ts';
import { computeKeySetId, type KeySource } from '../../src/domain/key-set.ts';
import type { KeySets } from '../../src/ports/key-sets.ts';
import { NOW, anId } from '../support/builders.ts';
import { MemoryKeySets } from '../support/memory/key-sets.ts';
import { openTables, type TestTables } from '../support/test-tables.ts';

const KEPT_MS = 86_400_000;

let tables: TestTables;
beforeAll(async () => {
  tables = await openTables();
});
afterAll(() => tables.close());

const ADAPTERS: [string, () => KeySets][] = [
  ['memory', () => new MemoryKeySets()],
  ['DynamoDB', () => new DynamoDBKeySets(tables.client, tables.keySets, KEPT_MS)],
];

/** A source that no other test uses. */
const aSource = (jwksUrl?: string): KeySource => ({ issuer: `https://${anId()}.test/`, jwksUrl });
const aSet = (kid: string, fetchedAt = NOW) => ({ json: JSON.stringify({ keys: [{ kid }] }), fetchedAt });

describe.each(ADAPTERS)('the key sets in %s', (_name, open) => {
  let keySets: KeySets;
  beforeAll(() => {
    keySets = open();
  });

  test('one that was saved is found as it is, and none before', async () => {
    const source = aSource();
    expect(await keySets.find(source)).toBeUndefined();
    expect(await keySets.save(source, aSet('k1'))).toBe(true);
    expect(await keySets.find(source)).toEqual(aSet('k1'));
  });

  test('of another issuer, or of another address, is another one', async () => {
    const source = aSource();
    const other = { ...source, jwksUrl: 'https://keys.test/' };
    await keySets.save(source, aSet('k1'));
    await keySets.save(other, aSet('k2'));
    expect(await keySets.find(source)).toEqual(aSet('k1'));
    expect(await keySets.find(other)).toEqual(aSet('k2'));
    expect(await keySets.find({ ...other, jwksUrl: 'https://keys.test' })).toBeUndefined();
    expect(await keySets.find(aSource())).toBeUndefined();
  });

  test('a newer one replaces an older one, and never the other way round', async () => {
    const source = aSource();
    await keySets.save(source, aSet('new', NOW));
    expect(await keySets.save(source, aSet('old', NOW - 1))).toBe(false);
    expect(await keySets.save(source, aSet('same', NOW))).toBe(false);
    expect(await keySets.find(source)).toEqual(aSet('new', NOW));
    expect(await keySets.save(source, aSet('newer', NOW + 1))).toBe(true);
    expect(await keySets.find(source)).toEqual(aSet('newer', NOW + 1));
  });

  test('of ten that are saved at once the newest one stays', async () => {
    const source = aSource();
    const sets = Array.from({ length: 10 }, (_, i) => aSet(`k${i}`, NOW + ((i * 7) % 10)));
    await Promise.all(sets.map((set) => keySets.save(source, set)));
    expect((await keySets.find(source))?.fetchedAt).toBe(NOW + 9);
  });
});

describe('the item', () => {
  const open = () => new DynamoDBKeySets(tables.client, tables.keySets, KEPT_MS);
  const put = (item: Record<string, unknown>) =>
    tables.client.send(new PutItemCommand({ TableName: tables.keySets, Item: marshall(item) }));

  async function readItem(source: KeySource): Promise<Record<string, unknown> | undefined> {
    const { Items = [] } = await tables.client.send(new ScanCommand({ TableName: tables.keySets }));
    return Items.map((item) => unmarshall(item)).find(({ id }) => id === computeKeySetId(source));
  }

  test('says what it is, and may be deleted when the set is of no more use', async () => {
    const source = aSource();
    await open().save(source, aSet('k1', NOW + 1));
    expect(await readItem(source)).toEqual({
      id: computeKeySetId(source),
      format: 1,
      issuer: source.issuer,
      key_set: '{"keys":[{"kid":"k1"}]}',
      fetched_at: NOW + 1,
      expires_at: Math.ceil((NOW + 1 + KEPT_MS) / 1_000),
    });
  });

  test('of a later format is neither read nor replaced', async () => {
    const source = aSource();
    const later = { id: computeKeySetId(source), format: 2, fetched_at: 1, keys: [] };
    await put(later);
    await expect(open().find(source)).rejects.toMatchObject({
      name: 'UnknownFormatError',
      evidence: { found: 2, known: 1 },
    });
    expect(await open().save(source, aSet('k1'))).toBe(false);
    expect(await readItem(source)).toEqual(later);
  });

  test.each([{ key_set: 7 }, { fetched_at: 'noon' }, { format: 0 }])(
    'that is damaged (%j) cannot be read, and the next set replaces it',
    async (damage) => {
      const source = aSource();
      await open().save(source, aSet('k1'));
      await put({ ...(await readItem(source)), ...damage });
      await expect(open().find(source)).rejects.toMatchObject({
        name: 'InconsistentStoreError',
        evidence: { item: computeKeySetId(source) },
      });
      expect(await open().save(source, aSet('k2', NOW + 1))).toBe(true);
    },
  );
});
