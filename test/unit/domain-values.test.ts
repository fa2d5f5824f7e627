/** Tests the values of the domain that others store, count or search by: names, hashes and counts. */
import { describe, expect, test } from '@jest/globals';
import { isAction } from '../../src/domain/actions.ts';
import { hashIds } from '../../src/domain/digest.ts';
import * as errors from '../../src/domain/errors.ts';
import { applyMove } from '../../src/domain/apply-move.ts';
import { runInParallel } from '../../src/domain/run-in-parallel.ts';
import { countFailuresByCode, listOutcomes } from '../../src/domain/job.ts';
import {
  GIVEN_UP,
  NOT_FOUND,
  NOT_READ,
  RECORD_DAMAGED,
  RECORD_UNREADABLE,
  makeMark,
  deriveOutcome,
} from '../../src/domain/outcome.ts';
import { parseTraceparent, formatXrayHeader } from '../../src/domain/trace.ts';
import { AT, CREATOR, aTargetGroup } from '../support/builders.ts';

describe('an error', () => {
  const {
    FieldingJobsError,
    InvalidRequestError,
    ChunkTakenError,
    EnqueueFailedError,
    TooManyRequestsError,
    ServiceUnavailableError,
    ...others
  } = errors;

  test.each(Object.entries(others))('%s has the name of its class in every bundle', (name, Kind) => {
    const error = new Kind('message', { fact: 1 }, { cause: 'cause' });
    expect(error).toBeInstanceOf(FieldingJobsError);
    expect(error).toMatchObject({ name, message: 'message', evidence: { fact: 1 }, cause: 'cause' });
  });

  test('about a queue tells how many messages it has taken', () => {
    const error = new EnqueueFailedError(2, 5, 'cause');
    expect(error).toBeInstanceOf(FieldingJobsError);
    const evidence = { refused: 2, of: 5 };
    expect(error).toMatchObject({ name: 'EnqueueFailedError', sent: 3, evidence, cause: 'cause' });
  });

  test('about a claim tells when it ends', () => {
    const error = new ChunkTakenError('message', 1_000, { fact: 1 });
    expect(error).toBeInstanceOf(FieldingJobsError);
    expect(error).toMatchObject({ name: 'ChunkTakenError', until: 1_000, evidence: { fact: 1 } });
  });

  test('that lasts for a while tells how long to wait, its log too', () => {
    const retryAfter = { shortest: 10, longest: 30 };
    expect(new TooManyRequestsError(retryAfter, { fact: 1 })).toMatchObject({
      name: 'TooManyRequestsError',
      retryAfter,
      evidence: { retryAfter, fact: 1 },
    });
    const unavailable = new ServiceUnavailableError('open-work', retryAfter, { fact: 1 }, { cause: 'cause' });
    expect(unavailable).toBeInstanceOf(FieldingJobsError);
    expect(unavailable).toMatchObject({
      name: 'ServiceUnavailableError',
      shortage: 'open-work',
      retryAfter,
      evidence: { shortage: 'open-work', retryAfter, fact: 1 },
      cause: 'cause',
    });
  });

  test('of a request counts its faults, and tells the log ten names of fields at most', () => {
    const faults = [
      ...['it’s mine', 'a'.repeat(31), 'UPPER', 'ids[x]', 'a b'].map((name) => ({ name, reason: '' })),
      ...Array.from({ length: 11 }, (_, index) => ({ name: `target_group_ids[${index}]`, reason: '' })),
    ];
    const error = new InvalidRequestError(faults);
    expect(error).toMatchObject({ name: 'InvalidRequestError', faults });
    expect(error.evidence).toEqual({ faults: 16, fields: faults.slice(5, 15).map(({ name }) => name) });
  });
});

test('an action is known by its text alone', () => {
  expect(isAction('resume')).toBe(true);
  // As a key of an object it would be taken for its text.
  expect(isAction(['resume'])).toBe(false);
  expect(isAction('toString')).toBe(false);
});

test('the hash of a request does not change, because stored jobs are compared by it', () => {
  expect(hashIds(['T'.repeat(26), 'U'.repeat(26)])).toBe(
    '653dfb0c8d47bf9ea17d1936d7e6c04d3794187ff5981c2ce3961fdafbca7b44',
  );
});

test('failures are counted by target group, over all reasons of one code', () => {
  const failures = [
    { ...NOT_FOUND, positions: [0, 4] },
    { ...GIVEN_UP.deadline, positions: [1] },
    { ...GIVEN_UP.deadline, description: 'another', positions: [2, 3] },
  ];
  expect(countFailuresByCode(failures)).toEqual({ TargetGroupNotFound: 2, InternalError: 3 });
});

test('the outcome of a target group that was updated has no failure, not even an undefined one', () => {
  const results = [{ index: 1, failures: [{ ...NOT_FOUND, positions: [0] }] }];
  expect(listOutcomes({ chunkSize: 1 }, ['a', 'b'], results)).toStrictEqual([
    { targetGroupId: 'a' },
    { targetGroupId: 'b', failure: NOT_FOUND },
  ]);
});

test('work in parallel goes through all items in order, and tells the first error when all calls have ended', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    await new Promise(setImmediate);
    if (item === 1) throw new Error('1 is bad');
    ended.push(item);
  };
  await runInParallel([2, 3, 4], 2, work);
  expect(begun).toEqual([2, 3, 4]);
  await expect(runInParallel([1, 5, 6], 2, work)).rejects.toThrow('1 is bad');
  expect(ended).toEqual([2, 3, 4, 5, 6]);
});

test.each([
  [NOT_FOUND, 'TargetGroupNotFound', 'no target group'],
  [GIVEN_UP.deadline, 'InternalError', 'was not changed'],
  [NOT_READ, 'InternalError', 'neither processed nor read'],
  [RECORD_DAMAGED, 'InternalError', 'damaged'],
  [RECORD_UNREADABLE, 'InternalError', 'not known yet'],
])('%j tells clients what happened', (failure, code, told) => {
  expect(failure).toEqual({ code, description: expect.stringContaining(told) as unknown });
});

test('the mark of a job does not change, because target groups carry it: 12 characters, and the time', () => {
  const job = { jobId: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', createdAt: '2026-01-15T12:00:00.000Z' };
  expect(makeMark(job)).toBe(`ABCDEFGHIJKL@${Date.UTC(2026, 0, 15, 12).toString(36)}`);
});

test('a target group keeps the marks of six jobs, the newest first', () => {
  const group = aTargetGroup({ marks: ['1', '2', '3', '4', '5', '6'] });
  const move = { action: 'resume', mark: 'new', now: AT, by: CREATOR } as const;
  expect(applyMove(group, move).marks).toEqual(['new', '1', '2', '3', '4', '5']);
});

test('an outcome names its target group, and a target group that is to be moved has none', () => {
  expect(deriveOutcome('id', { kind: 'updated' })).toEqual({ targetGroupId: 'id' });
  expect(deriveOutcome('id', { kind: 'refused', failure: NOT_FOUND })).toEqual({
    targetGroupId: 'id',
    failure: NOT_FOUND,
  });
  expect(deriveOutcome('id', { kind: 'move' })).toBeUndefined();
});

describe('the flags of a trace', () => {
  const [traceId, spanId] = ['a'.repeat(32), 'b'.repeat(16)];
  test.each([
    ['00', '00', false, '00'],
    ['00', '03', true, '03'],
    // Hexadecimal digits; the six higher flags have no meaning.
    ['00', '11', true, '01'],
    ['00', 'a1', true, '01'],
    ['00', 'a2', false, '02'],
    ['00', '04', false, '00'],
    ['00', 'ff', true, '03'],
    // Of another version only the lowest one is known.
    ['01', '03', true, '01'],
    ['01', '02', false, '00'],
  ])('of version %s, %s: sampled %s, passed on as %s', (version, flags, sampled, passedOn) => {
    const span = parseTraceparent(`${version}-${traceId}-${spanId}-${flags}`);
    expect(span).toEqual({ traceId, spanId, flags: passedOn, sampled });
    const header = `Root=1-aaaaaaaa-${'a'.repeat(24)};Parent=${spanId};Sampled=${sampled ? '1' : '0'}`;
    expect(span && formatXrayHeader(span)).toBe(header);
  });
});
