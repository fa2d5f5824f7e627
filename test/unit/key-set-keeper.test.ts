/** Tests when the stored keys of the issuer are renewed (ADR 19). */
import { beforeEach, expect, test } from '@jest/globals';
import { KeySetKeeper } from '../../src/application/key-set-keeper.ts';
import type { KeySet } from '../../src/domain/key-set.ts';
import type { Entry } from '../../src/ports/journal.ts';
import { NOW } from '../support/builders.ts';
import { MemoryKeySets } from '../support/memory/key-sets.ts';

const SOURCE = { issuer: 'https://issuer.test/' };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let keySets: MemoryKeySets;
let saved: number;
let entries: Entry[];
let now: number;
let keys: string[];
/** What the issuer, or the table, fails with. */
let failure: { issuer?: Error; table?: Error };

beforeEach(() => {
  keySets = new MemoryKeySets();
  saved = 0;
  entries = [];
  now = NOW;
  keys = ['k1'];
  failure = {};
});

const makeJson = () => JSON.stringify({ keys: keys.map((kid) => ({ kid })) });

function startInstance(): KeySetKeeper {
  return new KeySetKeeper({
    source: SOURCE,
    issuer: {
      fetchKeySet: () =>
        failure.issuer === undefined
          ? Promise.resolve({ json: makeJson(), fetchedAt: now })
          : Promise.reject(failure.issuer),
    },
    keySets: {
      find: () => Promise.reject(new Error('must not read')),
      save: (source, set: KeySet) => {
        if (failure.table !== undefined) return Promise.reject(failure.table);
        saved += 1;
        return keySets.save(source, set);
      },
    },
    journal: { note: (entry) => entries.push(entry) },
    settings: { maxAgeMs: 24 * HOUR },
  });
}

/** Runs once a minute. */
async function run(keeper: KeySetKeeper, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    await keeper.keep();
    now += MINUTE;
  }
}

test('an unchanged set is written once an hour: 24 writes a day', async () => {
  await run(startInstance(), 24 * 60);
  expect(saved).toBe(24);
  expect((await keySets.find(SOURCE))?.fetchedAt).toBe(NOW + 23 * HOUR);
  expect(entries).toEqual([]);
});

test('a new key is stored at the next run, and one that was withdrawn is gone then', async () => {
  const keeper = startInstance();
  await run(keeper, 2);
  keys = ['k2'];
  await run(keeper, 1);
  expect(await keySets.find(SOURCE)).toEqual({
    json: '{"keys":[{"kid":"k2"}]}',
    fetchedAt: NOW + 2 * MINUTE,
  });
  expect(saved).toBe(2);
});

test('an empty set is stored: the issuer has withdrawn all its keys', async () => {
  const keeper = startInstance();
  await run(keeper, 1);
  keys = [];
  await run(keeper, 1);
  expect((await keySets.find(SOURCE))?.json).toBe('{"keys":[]}');
});

test('an issuer that is down leaves the stored set as it is, and each run notes it', async () => {
  const keeper = startInstance();
  await run(keeper, 1);
  failure.issuer = new Error('down');
  await run(keeper, 3);
  expect(entries).toEqual(Array(3).fill({ event: 'key-set.not-renewed', cause: failure.issuer }));
  expect(await keySets.find(SOURCE)).toEqual({ json: makeJson(), fetchedAt: NOW });
});

test('a set that could not be written is written by the next run', async () => {
  const keeper = startInstance();
  failure.table = new Error('throttled');
  await run(keeper, 1);
  expect(entries).toEqual([{ event: 'key-set.not-renewed', cause: failure.table }]);
  failure = {};
  await run(keeper, 1);
  expect(saved).toBe(1);
});

test('a new instance writes once, although the set is there', async () => {
  await run(startInstance(), 1);
  const other = startInstance();
  await run(other, 10);
  expect(saved).toBe(2);
});

test('a run that fetched before another one does not replace its set', async () => {
  const slow = startInstance();
  const fast = startInstance();
  now = NOW + HOUR;
  keys = ['k2'];
  await run(fast, 1);
  now = NOW;
  keys = ['k1'];
  await run(slow, 1);
  expect(await keySets.find(SOURCE)).toEqual({ json: '{"keys":[{"kid":"k2"}]}', fetchedAt: NOW + HOUR });
});
