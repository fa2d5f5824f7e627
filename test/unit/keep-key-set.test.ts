/** Tests when the stored keys of the issuer are renewed (ADR 19). */
import { beforeEach, expect, test } from '@jest/globals';
import { keepKeySet } from '../../src/application/keep-key-set.ts';
import { InconsistentStoreError, UnknownFormatError } from '../../src/domain/errors.ts';
import type { KeySet, KeySource } from '../../src/domain/key-set.ts';
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
/** What the issuer, a read or a write fails with. */
let failure: { issuer?: Error; read?: Error; write?: Error };

beforeEach(() => {
  keySets = new MemoryKeySets();
  saved = 0;
  entries = [];
  now = NOW;
  keys = ['k1'];
  failure = {};
});

const makeJson = () => JSON.stringify({ keys: keys.map((kid) => ({ kid })) });

/** Runs once a minute. */
async function run(minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    await keepKeySet({
      source: SOURCE,
      issuer: {
        fetchKeySet: () =>
          failure.issuer === undefined
            ? Promise.resolve({ json: makeJson(), fetchedAt: now })
            : Promise.reject(failure.issuer),
      },
      keySets: {
        find: (source: KeySource) =>
          failure.read === undefined ? keySets.find(source) : Promise.reject(failure.read),
        save: async (source: KeySource, set: KeySet) => {
          if (failure.write !== undefined) throw failure.write;
          const isSaved = await keySets.save(source, set);
          saved += Number(isSaved);
          return isSaved;
        },
      },
      journal: { note: (entry) => entries.push(entry) },
      maxAgeMs: 24 * HOUR,
    });
    now += MINUTE;
  }
}

test('an unchanged set is written once an hour: 24 writes a day', async () => {
  await run(24 * 60);
  expect(saved).toBe(24);
  expect((await keySets.find(SOURCE))?.fetchedAt).toBe(NOW + 23 * HOUR);
  expect(entries).toEqual([]);
});

test('a new key is stored at the next run, and one that was withdrawn is gone then', async () => {
  await run(2);
  keys = ['k2'];
  await run(1);
  expect(await keySets.find(SOURCE)).toEqual({
    json: '{"keys":[{"kid":"k2"}]}',
    fetchedAt: NOW + 2 * MINUTE,
  });
  expect(saved).toBe(2);
});

test('an empty set is stored: the issuer has withdrawn all its keys', async () => {
  await run(1);
  keys = [];
  await run(1);
  expect((await keySets.find(SOURCE))?.json).toBe('{"keys":[]}');
});

test('an issuer that is down leaves the stored set as it is, and each run notes it', async () => {
  await run(1);
  failure.issuer = new Error('down');
  await run(3);
  expect(entries).toEqual(Array(3).fill({ event: 'key-set.not-renewed', cause: failure.issuer }));
  expect(await keySets.find(SOURCE)).toEqual({ json: makeJson(), fetchedAt: NOW });
});

test('a set that is gone, or was restored from a backup, is written again by the next run', async () => {
  await run(5);
  keySets = new MemoryKeySets();
  await run(1);
  expect(saved).toBe(2);
  keySets = new MemoryKeySets();
  await keySets.save(SOURCE, { json: makeJson(), fetchedAt: NOW - 5 * HOUR });
  await run(1);
  expect(saved).toBe(3);
});

test('a set that could not be written is written by the next run', async () => {
  failure.write = new Error('throttled');
  await run(1);
  expect(entries).toEqual([{ event: 'key-set.not-renewed', cause: failure.write }]);
  failure = {};
  await run(1);
  expect(saved).toBe(1);
});

test('a damaged set is replaced, and one of a later release is left and noted', async () => {
  failure.read = new InconsistentStoreError('damaged');
  await run(1);
  expect(saved).toBe(1);
  expect(entries).toEqual([]);
  failure.read = new UnknownFormatError('later');
  await keySets.save(SOURCE, { json: 'later', fetchedAt: NOW + HOUR });
  await run(1);
  expect(entries).toEqual([{ event: 'key-set.not-renewed', cause: failure.read }]);
});

test('a run that fetched before another one does not replace its set', async () => {
  now = NOW + HOUR;
  keys = ['k2'];
  await run(1);
  now = NOW;
  keys = ['k1'];
  await run(1);
  expect(await keySets.find(SOURCE)).toEqual({ json: '{"keys":[{"kid":"k2"}]}', fetchedAt: NOW + HOUR });
  expect(entries).toEqual([]);
});
