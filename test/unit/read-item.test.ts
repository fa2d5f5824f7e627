/** Tests that a damaged attribute of a stored item is told by its item, its name and what it should be. */
import { describe, expect, test } from '@jest/globals';
import {
  type Item,
  asTime,
  bytes,
  number,
  numbers,
  oneOf,
  text,
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
  expect(text(ITEM, 'text')).toBe('a');
  expect(number(ITEM, 'number')).toBe(5);
  expect(bytes(ITEM, 'bytes')).toBe(ITEM.bytes);
  expect(numbers(ITEM, 'set')).toEqual(new Set([1, 2]));
  expect(numbers(ITEM, 'none')).toEqual(new Set());
  expect(oneOf(ITEM, 'text', ['b', 'a'])).toBe('a');
  expect(asTime(ITEM, 'number', 0)).toBe('1970-01-01T00:00:00.000Z');
});

describe('a damaged attribute is told by what was expected and what was found:', () => {
  test.each<[expected: string, found: string, name: string, read: (item: Item, name: string) => unknown]>([
    ['a string', 'number', 'number', text],
    ['a string', 'nothing', 'none', text],
    ['a number', 'string', 'text', number],
    ['binary', 'string', 'text', bytes],
    ['a set of numbers', 'string', 'text', numbers],
    ['one of b, c', 'string', 'text', (item, name) => oneOf(item, name, ['b', 'c'])],
    ['a time in epoch milliseconds', 'number', 'number', (item, name) => asTime(item, name, Infinity)],
  ])('%s, found %s', (expected, found, name, read) => {
    expect(evidenceOf(() => read(ITEM, name))).toEqual({ item: 'P S', attribute: name, found, expected });
  });

  test('and by the key of an item that has no sort key', () => {
    expect(evidenceOf(() => text({ pk: 'P' }, 'none'))).toMatchObject({ item: 'P' });
    expect(evidenceOf(() => text({ pk: 'P', sk: 7 }, 'none'))).toMatchObject({ item: 'P' });
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
