/** Tests that what is remembered for a time is forgotten after it, and leaves nothing. */
import { expect, test } from '@jest/globals';
import { ShortMemory } from '../../src/application/short-memory.ts';

const NOW = 1_000_000;

test('a value is found until its time is over, from its last change on', () => {
  const memory = new ShortMemory<number, string>(5_000);
  memory.remember(1, 'first', NOW);
  expect(memory.find(1, NOW + 4_999)).toBe('first');
  expect(memory.find(1, NOW + 5_000)).toBeUndefined();
  memory.remember(1, 'second', NOW + 3_000);
  expect(memory.find(1, NOW + 7_999)).toBe('second');
  memory.forget(1);
  expect(memory.find(1, NOW + 3_000)).toBeUndefined();
});

test('a million keys that are remembered one after the other leave those of the last seconds', () => {
  const memory = new ShortMemory<number, number>(5_000);
  for (let key = 0; key < 1_000_000; key += 1) memory.remember(key, key, NOW + 10 * key);
  expect(memory.size).toBe(500);
});

test('a key that is remembered again and again keeps no older one', () => {
  const memory = new ShortMemory<number, number>(5_000);
  memory.remember(1, 1, NOW);
  memory.remember(2, 2, NOW + 1);
  memory.remember(1, 1, NOW + 4_000);
  memory.remember(3, 3, NOW + 6_000);
  expect(memory.size).toBe(2);
});
