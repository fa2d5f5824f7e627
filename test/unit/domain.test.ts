/** Tests the rules of the domain: decisions about target groups, ids, chunks, progress and outcomes. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deriveJobId, hashIds } from '../../src/domain/digest.ts';
import { ID_PATTERN, isId, parseAccountId } from '../../src/domain/ids.ts';
import {
  canonicalizeIds,
  countChunks,
  selectChunkIds,
  groupFailures,
  isBroken,
  listOutcomes,
  countSettledTargetGroups,
  deriveStatus,
  listUnsettledChunks,
} from '../../src/domain/job.ts';
import { type Outcome, decide, makeMark } from '../../src/domain/outcome.ts';
import { AT, NOW, TENANT, aJob, aTargetGroup, makeIds } from '../support/builders.ts';
import { makePropertySettings } from '../support/properties.ts';

describe('deciding about a target group', () => {
  const decideResume = (overrides: Parameters<typeof aTargetGroup>[0]) =>
    decide('resume', aTargetGroup(overrides), 'mark', AT);
  const makeRefusal = (description: string) => ({
    kind: 'refused',
    failure: { code: 'StatusTransitionNotAllowed', description },
  });

  test('an unknown target group is refused as not found', () => {
    expect(decide('resume', undefined, 'mark', AT)).toEqual({
      kind: 'refused',
      failure: { code: 'TargetGroupNotFound', description: 'The project has no target group with this id.' },
    });
  });

  test('a paused one is moved', () => {
    expect(decideResume({})).toEqual({ kind: 'move' });
  });

  test('a live one counts as updated, even past its end and its goal', () => {
    expect(decideResume({ status: 'live', currentCompletes: 100, endFieldingAt: AT })).toEqual({
      kind: 'updated',
    });
  });

  test('one with the mark of the job counts as updated, whatever its status is now', () => {
    expect(decideResume({ status: 'paused', marks: ['other', 'mark'] })).toEqual({ kind: 'updated' });
    expect(decideResume({ status: 'archived', marks: ['mark'] })).toEqual({ kind: 'updated' });
  });

  test.each(['draft', 'scheduled', 'completed', 'archived'] as const)('a %s one is refused', (status) => {
    expect(decideResume({ status })).toEqual(
      makeRefusal(`A fielding run in status ${status} cannot be resumed.`),
    );
  });

  test('a paused one is refused when its goal is reached', () => {
    const description = 'The fielding run cannot be resumed: its completes goal has been reached.';
    expect(decideResume({ completesGoal: 5, currentCompletes: 5 })).toEqual(makeRefusal(description));
    expect(decideResume({ completesGoal: 5, currentCompletes: 6 })).toEqual(makeRefusal(description));
    expect(decideResume({ completesGoal: 5, currentCompletes: 4 })).toEqual({ kind: 'move' });
  });

  test('a paused one is refused from the millisecond of its end on', () => {
    const at = (ms: number) => new Date(NOW + ms).toISOString();
    const description = 'The fielding run cannot be resumed: its end date has passed.';
    expect(decideResume({ endFieldingAt: at(0) })).toEqual(makeRefusal(description));
    expect(decideResume({ endFieldingAt: at(-1) })).toEqual(makeRefusal(description));
    expect(decideResume({ endFieldingAt: at(1) })).toEqual({ kind: 'move' });
  });

  test('the marks of two generations of one job differ', () => {
    const job = aJob();
    expect(makeMark(job)).not.toBe(makeMark({ ...job, createdAt: new Date(NOW + 1).toISOString() }));
  });
});

describe('the job id', () => {
  const key = { ...TENANT, action: 'resume', idempotencyKey: 'k' } as const;

  test('has the form of the contract', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.string(), (accountId, idempotencyKey) => {
        expect(deriveJobId({ ...key, accountId, idempotencyKey })).toMatch(ID_PATTERN);
      }),
      makePropertySettings(200),
    );
  });

  test('is the same for the same key, and another for another account, project or idempotency key', () => {
    const others = [
      key,
      { ...key, accountId: 102 },
      { ...key, projectId: 'PR0JECT0000000000000000002' },
      { ...key, idempotencyKey: 'k ' },
    ];
    expect(deriveJobId({ ...key })).toBe(deriveJobId(key));
    expect(new Set(others.map(deriveJobId)).size).toBe(others.length);
  });

  test('does not change, because stored jobs are found by it', () => {
    expect(deriveJobId(key)).toBe('V6EYTCM4B1ZZ4SF1K2HN6EAJFN');
  });
});

describe('the ids of a request', () => {
  test('have one canonical form and hash in any order and with duplicates', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[0-9A-Z]{26}$/), { minLength: 1 }), (distinct) => {
        const shuffled = [...distinct, ...distinct].reverse();
        expect(hashIds(canonicalizeIds(shuffled))).toBe(hashIds(canonicalizeIds(distinct)));
        expect(canonicalizeIds(shuffled)).toEqual([...distinct].sort());
      }),
      makePropertySettings(100),
    );
  });

  test.each([['0'], ['-1'], ['+1'], ['01'], ['1.0'], ['1e3'], [' 1'], ['2147483648'], ['99999999999'], ['']])(
    'refuse account %j',
    (text) => {
      expect(parseAccountId(text)).toBeUndefined();
    },
  );

  test('accept accounts from 1 to 2,147,483,647', () => {
    expect(parseAccountId('1')).toBe(1);
    expect(parseAccountId('2147483647')).toBe(2_147_483_647);
  });

  test.each([
    [''],
    ['A'.repeat(25)],
    ['A'.repeat(27)],
    ['a'.repeat(26)],
    [`${'A'.repeat(25)}#`],
    [`${'A'.repeat(26)}\n`],
  ])('refuse id %j', (text) => {
    expect(isId(text)).toBe(false);
  });
});

describe('a job in chunks', () => {
  test('the chunks hold every id once, in order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 70 }), (total, chunkSize) => {
        const all = makeIds(total);
        const job = aJob({ total, chunkSize });
        const chunks = [...Array(countChunks(job)).keys()].map((index) =>
          selectChunkIds(all, index, chunkSize),
        );
        expect(chunks.flat()).toEqual(all);
        expect(chunks.every((chunk) => chunk.length > 0)).toBe(true);
      }),
      makePropertySettings(200),
    );
  });

  test('progress counts target groups, and the status follows from the chunks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(59)),
        (total, chunkSize, picked) => {
          const job = aJob({ total, chunkSize });
          const settled = new Set(picked.filter((index) => index < countChunks(job)));
          const now = { ...job, settled };
          const expected = [...settled].flatMap((index) =>
            selectChunkIds(makeIds(total), index, chunkSize),
          ).length;
          expect(countSettledTargetGroups(now)).toBe(expected);
          expect(deriveStatus(now)).toBe(expected === total ? 'Completed' : 'Processing');
          expect(listUnsettledChunks(now)).toHaveLength(countChunks(job) - settled.size);
        },
      ),
      makePropertySettings(300),
    );
  });

  test('one broken chunk makes an ended job Failed, and leaves an open one Processing', () => {
    const job = aJob({ total: 3, chunkSize: 2, broken: new Set([0]) });
    expect(deriveStatus({ ...job, settled: new Set([0]) })).toBe('Processing');
    expect(deriveStatus({ ...job, settled: new Set([0, 1]) })).toBe('Failed');
  });
});

describe('outcomes', () => {
  const anyFailure = fc.constantFrom(
    { code: 'TargetGroupNotFound', description: 'none' } as const,
    { code: 'StatusTransitionNotAllowed', description: 'draft' } as const,
    { code: 'StatusTransitionNotAllowed', description: 'ended' } as const,
    undefined,
  );

  test('are restored from the failures, one for each id, in the order of the ids', () => {
    fc.assert(
      fc.property(
        fc.array(anyFailure, { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 20 }),
        (failures, chunkSize) => {
          const all = makeIds(failures.length);
          const outcomes = all.map((targetGroupId, i): Outcome => {
            const failure = failures[i];
            return failure === undefined ? { targetGroupId } : { targetGroupId, failure };
          });
          const job = aJob({ total: all.length, chunkSize });
          const results = [...Array(countChunks(job)).keys()].map((index) => {
            const chunk = selectChunkIds(all, index, chunkSize);
            const ofChunk = outcomes.filter(({ targetGroupId }) => chunk.includes(targetGroupId));
            return { index, failures: groupFailures(chunk, ofChunk.reverse()) };
          });
          expect(listOutcomes(job, all, results.reverse())).toEqual(outcomes);
        },
      ),
      makePropertySettings(200),
    );
  });

  test('of one reason are stored as one group', () => {
    const failure = { code: 'TargetGroupNotFound', description: 'none' } as const;
    const all = makeIds(3);
    const outcomes = [0, 2].map((i) => ({ targetGroupId: all[i] ?? '', failure }));
    expect(groupFailures(all, outcomes)).toEqual([{ ...failure, positions: [0, 2] }]);
  });

  test('make a chunk broken only if one is an InternalError', () => {
    const group = (code: 'TargetGroupNotFound' | 'InternalError') => ({
      code,
      description: '',
      positions: [],
    });
    expect(isBroken([group('TargetGroupNotFound')])).toBe(false);
    expect(isBroken([group('TargetGroupNotFound'), group('InternalError')])).toBe(true);
  });
});
