/** Tests that packed ids are restored, take less space, and are refused if damaged (ADR 30). */
import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { packIds, unpackIds } from '../../src/adapters/dynamodb/packed-ids.ts';
import { InconsistentStoreError } from '../../src/domain/errors.ts';
import { ID_LENGTH } from '../../src/domain/ids.ts';

const ALPHABET = Array.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ');

const anyId = fc.string({
  unit: fc.constantFrom(...ALPHABET),
  minLength: ID_LENGTH,
  maxLength: ID_LENGTH,
});

test('any ids are restored in their order', () => {
  fc.assert(
    fc.property(fc.array(anyId, { minLength: 1, maxLength: 300 }), (ids) => {
      expect(unpackIds(packIds(ids))).toEqual(ids);
    }),
  );
});

test('10,000 random ids take at most 17.1 bytes each, as docs/costs.md says', () => {
  const ids = Array.from({ length: 10_000 }, () =>
    Array.from(randomBytes(ID_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join(''),
  ).sort();
  const packed = packIds(ids);
  expect(packed.length / ids.length).toBeLessThanOrEqual(17.1);
  expect(unpackIds(packed)).toEqual(ids);
});

test.each([
  ['bytes that nobody deflated', Buffer.from('01JDEM0TARGETGR0VP10000001,01JDEM0TARGETGR0VP10000002')],
  [
    'half of what was stored',
    packIds(['01JDEM0TARGETGR0VP10000001', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ']).slice(0, 20),
  ],
  ['an id that is cut off', deflateRawSync('01JDEM0TARGETGR0VP1000000')],
])('%s cannot be unpacked', (_, packed) => {
  expect(() => unpackIds(packed)).toThrow(InconsistentStoreError);
});
