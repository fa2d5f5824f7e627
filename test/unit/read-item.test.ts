/** Tests that a damaged attribute of a stored item is told by its item, its name and what it should be. */
import { describe, expect, test } from '@jest/globals';
import {
  type Item,
  formatTime,
  readBytes,
  readNumber,
  readNumberSet,
  readOneOf,
  readText,
  requireKnownFormat,
} from '../../src/adapters/dynamodb/read-item.ts';

const ITEM = {
  pk: 'P',
  sk: 'S',
  text: 'a',
  number: 5,
  bytes: new Uint8Array([1]),
  set: new Set([1, 2]),
};

test('a sound attribute is read', () => {
  expect(readText(ITEM, 'text')).toBe('a');
  expect(readNumber(ITEM, 'number')).toBe(5);
  expect(readBytes(ITEM, 'bytes')).toBe(ITEM.bytes);
  expect(readNumberSet(ITEM, 'set')).toEqual(new Set([1, 2]));
  expect(readNumberSet(ITEM, 'none')).toEqual(new Set());
  expect(readOneOf(ITEM, 'text', ['b', 'a'])).toBe('a');
  expect(formatTime(ITEM, 'number', 0)).toBe('1970-01-01T00:00:00.000Z');
});

describe('a damaged attribute is told by what was expected and what was found:', () => {
  test.each<[expected: string, found: string, name: string, read: (item: Item, name: string) => unknown]>([
    ['a string', 'number', 'number', readText],
    ['a string', 'nothing', 'none', readText],
    ['a number', 'string', 'text', readNumber],
    ['binary', 'string', 'text', readBytes],
    ['a set of numbers', 'string', 'text', readNumberSet],
    ['one of b, c', 'string', 'text', (item, name) => readOneOf(item, name, ['b', 'c'])],
    ['a time in epoch milliseconds', 'number', 'number', (item, name) => formatTime(item, name, Infinity)],
  ])('%s, found %s', (expected, found, name, read) => {
    expect(evidenceOf(() => read(ITEM, name))).toEqual({ item: 'P S', attribute: name, found, expected });
  });

  test('and by the key of an item that has no sort key', () => {
    expect(evidenceOf(() => readText({ pk: 'P' }, 'none'))).toMatchObject({ item: 'P' });
    expect(evidenceOf(() => readText({ pk: 'P', sk: 7 }, 'none'))).toMatchObject({ item: 'P' });
  });
});

describe('the format of an item', () => {
  test('is known up to the latest that is asked for; without one it is 1', () => {
    for (const item of [{}, { format: 1 }, { format: 2 }]) {
      expect(() => {
        requireKnownFormat(item, 2);
      }).not.toThrow();
    }
  });

  test('that is later is told with what is known', () => {
    expect(() => {
      requireKnownFormat({ ...ITEM, format: 3 }, 2);
    }).toThrow(
      expect.objectContaining({
        name: 'UnknownFormatError',
        message: 'Item P S has format 3. This release knows its formats up to 2 only.',
        evidence: { found: 3, known: 2 },
      }),
    );
  });

  test.each([['1'], [0], [-1], [1.5], [null], [NaN]])('that is %j is damaged', (format) => {
    const read = () => {
      requireKnownFormat({ ...ITEM, format }, 2);
    };
    expect(evidenceOf(read)).toMatchObject({ item: 'P S', attribute: 'format' });
  });
});

function evidenceOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    expect(error).toMatchObject({ name: 'InconsistentStoreError' });
    return (error as { evidence: unknown }).evidence;
  }
}
