/** Tests the split of a set into jobs and their keys, on which a repeated command relies (ADR 26). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_KEY_LENGTH } from '../../api/limits.ts';
import { checkKey, derivePartKey } from '../../client/keys.ts';
import { ID_PATTERN } from '../../src/domain/ids.ts';
import { planJobs } from '../../client/job-plan.ts';
import { splitIds } from '../../client/split.ts';
import { makeIds } from '../support/builders.ts';
import { makePropertySettings } from '../support/properties.ts';

const anyIds = fc.array(fc.stringMatching(ID_PATTERN), { maxLength: 60 });

describe('a set of target groups', () => {
  test('has the same parts in any order and with duplicates, and each id is in exactly one part', () => {
    const shuffled = anyIds.chain((list) =>
      fc.record({
        list: fc.constant(list),
        again: fc.shuffledSubarray([...list, ...list], { minLength: 2 * list.length }),
        max: fc.integer({ min: 1, max: 70 }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ list, again, max }) => {
        const parts = splitIds(list, max);
        expect(splitIds(again, max)).toEqual(parts);
        expect(parts.flat().sort()).toEqual([...new Set(list)].sort());
        expect(parts).toHaveLength(Math.ceil(new Set(list).size / max));
        const sizes = parts.map((part) => part.length);
        expect(Math.max(0, ...sizes) - Math.min(...sizes, Infinity)).toBeLessThanOrEqual(1);
        expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(max);
      }),
      makePropertySettings(300),
    );
  });

  test('has another first part when an id is added, removed or replaced, wherever it stands in the order', () => {
    const all = makeIds(400, 'S');
    const first = splitIds(all.slice(0, 300), 100)[0];
    for (const other of [
      all.slice(0, 301),
      all.slice(0, 299),
      all.slice(1, 300),
      all.slice(0, 400),
      [...all.slice(0, 299), all[399] ?? ''],
      [all[0]?.replace('S', 'A') ?? '', ...all.slice(1, 300)],
    ]) {
      expect(splitIds(other, 100)[0]).not.toEqual(first);
    }
  });

  test('has the same parts in every version of the client, so that an older command can be repeated', () => {
    const id = (n: number) => `T${String(n).padStart(25, '0')}`;
    const parts = splitIds([1, 2, 3, 4, 5, 6].map(id), 3);
    expect(parts).toEqual([[2, 3, 4].map(id), [1, 5, 6].map(id)]);
  });

  test('is one part, in the order of the ids, when it fits into one job', () => {
    const some = makeIds(50);
    expect(splitIds([...some].reverse(), 50)).toEqual([some]);
    expect(splitIds([], 50)).toEqual([]);
  });
});

describe('the keys of the jobs', () => {
  const anyKey = fc.string({
    unit: fc
      .integer({ min: 0x21, max: 0x7e })
      .map((code) => String.fromCharCode(code))
      .filter((character) => character !== ','),
    minLength: 1,
    maxLength: 255,
  });

  test('are valid and all different, and the first one is the key as given', () => {
    fc.assert(
      fc.property(anyKey, fc.integer({ min: 2, max: 30 }), (key, count) => {
        const keys = Array.from({ length: count }, (_, i) => derivePartKey(key, i + 1));
        expect(keys[0]).toBe(key);
        expect(new Set(keys).size).toBe(count);
        for (const one of keys) {
          checkKey(one);
          expect(one.length).toBeLessThanOrEqual(MAX_KEY_LENGTH);
        }
      }),
      makePropertySettings(200),
    );
  });

  test('differ for two long keys that differ only at their end', () => {
    const long = 'k'.repeat(254);
    expect(derivePartKey(`${long}a`, 2)).not.toBe(derivePartKey(`${long}b`, 2));
  });

  test('are the same in every version of the client, so that an older command can be repeated', () => {
    expect(derivePartKey('walk-1', 2)).toBe('walk-1.part-2.80ebc5766af56ce9277ba8a16b0baa52');
  });

  test.each(['', ' k', 'k ', 'k'.repeat(256), 'schlüssel', 'a\nb', 'a,b'])(
    'do not include %j, which is refused',
    (key) => {
      expect(() => {
        checkKey(key);
      }).toThrow(/^key: found .*, expected 1 to 255 characters/);
    },
  );
});

describe('a plan', () => {
  const request = {
    action: 'resume' as const,
    account: 101,
    project: 'P'.repeat(26),
    ids: makeIds(25),
    key: 'k',
    maxPerJob: 10,
  };

  test('has a job for each part', () => {
    const { jobs, count } = planJobs(request);
    expect(count).toBe(25);
    expect(jobs.map(({ part, parts, ids: part_ids }) => [part, parts, part_ids.length])).toEqual([
      [1, 3, 9],
      [2, 3, 8],
      [3, 3, 8],
    ]);
  });

  test('gets a random key when none is given', () => {
    const keys = [1, 2].map(() => planJobs({ ...request, key: undefined }).key);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[0]).not.toBe(keys[1]);
  });

  test.each([
    [{ ids: [] }, 'ids: found nothing, expected at least one target group'],
    [{ ids: ['t'] }, 'ids[0]: found "t", expected 26 characters of 0-9 and A-Z'],
    [{ account: 0 }, 'account: found 0, expected a whole number from 1 to 2147483647'],
    [{ account: 1.5 }, 'account: found 1.5, expected'],
    [{ project: 'p' }, 'project: found "p", expected 26 characters'],
    [{ maxPerJob: 10_001 }, 'target groups per job: found 10001, expected a whole number from 1 to 10000'],
    [{ action: 'stop' as never }, 'action: found "stop", expected resume, pause'],
    [{ key: ' ' }, 'key: found " ", expected'],
  ])('is refused for %j', (change, message) => {
    expect(() => planJobs({ ...request, ...change })).toThrow(message);
  });
});
