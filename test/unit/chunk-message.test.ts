/**
 * Tests the messages of chunks and of give-ups: what they say, and their size, because SQS bills each 64 KB
 * as a request: https://aws.amazon.com/sqs/pricing/
 */
import { describe, expect, test } from '@jest/globals';
import { decodeMessage, encodeChunk, encodeGiveUp } from '../../src/adapters/sqs/work-message.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import type { ChunkWork, GiveUpWork } from '../../src/ports/work-queue.ts';
import { readConfig } from '../../lib/config.ts';
import { TRACE, aJob, makeIds } from '../support/builders.ts';
import { decodeFirstChunk } from '../support/formats/first-chunk-decoder.ts';

/** The work on the only chunk of a job. */
function makeWork(): ChunkWork {
  const [work] = cutIntoChunks(aJob({ total: 1, chunkSize: 200 }), makeIds(1), [0], TRACE);
  if (work === undefined) throw new Error('there is no chunk');
  return work;
}

test("ten chunks of the default size, with a client's trace state of usual length, are one billed request", () => {
  const { chunkSize } = readConfig({});
  const job = aJob({ total: 10 * chunkSize, chunkSize, accountId: 2_147_483_647 });
  const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'x'.repeat(100) };
  const chunks = cutIntoChunks(job, makeIds(10 * chunkSize), [...Array(10).keys()], trace);
  const bytes = chunks.reduce((sum, chunk) => sum + Buffer.byteLength(encodeChunk(chunk)), 0);
  expect(chunks.flatMap((chunk) => chunk.ids)).toHaveLength(10 * chunkSize);
  expect(bytes).toBeLessThanOrEqual(65_536);
});

test('a message says whether its chunk is the only one of its job', () => {
  const listOnlyFlags = ({ total, index = 0 }: { total: number; index?: number }) =>
    cutIntoChunks(aJob({ total, chunkSize: 200 }), makeIds(total), [index], TRACE).map(
      (work) => decodeMessage(encodeChunk(work)).work.only,
    );
  expect(listOnlyFlags({ total: 1 })).toEqual([true]);
  expect(listOnlyFlags({ total: 200 })).toEqual([true]);
  expect(listOnlyFlags({ total: 201 })).toEqual([false]);
  expect(listOnlyFlags({ total: 201, index: 1 })).toEqual([false]);
});

test.each([['1'], [0], [1.5], [null]])('a message with the format %j is none of ours', (format) => {
  const work = makeWork();
  expect(() => decodeMessage(JSON.stringify({ ...work, format }))).toThrow(
    expect.objectContaining({ name: 'UnparsableMessageError' }),
  );
});

test('a message of an earlier version, which does not say so, is read as one of several', () => {
  const work = makeWork();
  const before: Record<string, unknown> = { ...work };
  delete before['only'];
  expect(decodeMessage(JSON.stringify(before)).work).toEqual({ ...work, only: false });
});

test('a message says until when its job may be worked on', () => {
  const work = makeWork();
  expect(work.job.deadlineAt).toBe('2026-01-15T13:00:00.000Z');
  expect(decodeMessage(encodeChunk(work))).toEqual({ kind: 'chunk', work });
});

test('a message of an earlier version, which does not say so, leaves that to the configuration', () => {
  const { job, ...rest } = makeWork();
  const { action, createdBy } = job;
  const { work } = decodeMessage(JSON.stringify({ ...rest, job: { action, createdBy } }));
  expect(work).toEqual({ ...rest, job: { action, createdBy } });
});

test('a worker of an earlier version reads the messages of chunks, and ignores the deadline', () => {
  const work = makeWork();
  const { action, createdBy } = work.job;
  expect(decodeFirstChunk(encodeChunk(work))).toEqual({ ...work, job: { action, createdBy } });
});

describe('a give-up', () => {
  const giveUp: GiveUpWork = { ...makeWork(), reason: 'deadline' };
  const encodeChanged = (change: object) => JSON.stringify({ give_up: { ...giveUp, ...change } });

  test('is all below one member, which no message of a chunk has', () => {
    expect(JSON.parse(encodeGiveUp(giveUp))).toEqual({ give_up: { format: 1, ...giveUp } });
    expect(JSON.parse(encodeChunk(giveUp))).not.toHaveProperty('give_up');
    expect(decodeMessage(encodeGiveUp(giveUp))).toEqual({ kind: 'give-up', work: giveUp });
  });

  test('is refused by a worker of an earlier version, which would take it for work', () => {
    expect(() => decodeFirstChunk(encodeGiveUp(giveUp))).toThrow();
    // That worker would move the target groups of this one.
    expect(decodeFirstChunk(JSON.stringify({ format: 1, ...giveUp })).ids).toEqual(giveUp.ids);
  });

  test('stays one, whatever is beside it', () => {
    const both = JSON.stringify({ format: 1, ...makeWork(), give_up: giveUp });
    expect(decodeMessage(both).kind).toBe('give-up');
  });

  test('of a later version, with unknown fields, is decoded', () => {
    expect(decodeMessage(encodeChanged({ later: 1 }))).toEqual({ kind: 'give-up', work: giveUp });
  });

  test('with a reason of a later release is refused, and the reason is named as the fault', () => {
    expect(() => decodeMessage(encodeChanged({ reason: 'cancelled' }))).toThrow(
      expect.objectContaining({
        name: 'UnparsableMessageError',
        evidence: {
          length: expect.any(Number) as unknown,
          issues: [expect.stringMatching(/^reason: /)],
        },
      }),
    );
  });

  test('of a later format is refused by its format, whatever else is in it', () => {
    for (const body of [encodeChanged({ format: 2, reason: 'cancelled' }), '{"give_up":{"format":2}}']) {
      expect(() => decodeMessage(body)).toThrow(
        expect.objectContaining({
          name: 'UnknownFormatError',
          message: expect.stringContaining('A give-up message') as unknown,
          evidence: { found: 2, known: 1 },
        }),
      );
    }
  });

  test.each([['1'], [0], [1.5], [null]])('with the format %j is none of ours', (format) => {
    expect(() => decodeMessage(encodeChanged({ format }))).toThrow(
      expect.objectContaining({ name: 'UnparsableMessageError' }),
    );
  });
});
