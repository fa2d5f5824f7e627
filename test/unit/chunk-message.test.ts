/**
 * Tests the message of a chunk: its flag `only`, and its size, because SQS bills each 64 KB as a request:
 * https://aws.amazon.com/sqs/pricing/
 */
import { expect, test } from '@jest/globals';
import { decodeChunk, encodeChunk } from '../../src/adapters/sqs/chunk-message.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import { readConfig } from '../../lib/config.ts';
import { TRACE, aJob, makeIds } from '../support/builders.ts';

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
      (work) => decodeChunk(encodeChunk(work)).only,
    );
  expect(listOnlyFlags({ total: 1 })).toEqual([true]);
  expect(listOnlyFlags({ total: 200 })).toEqual([true]);
  expect(listOnlyFlags({ total: 201 })).toEqual([false]);
  expect(listOnlyFlags({ total: 201, index: 1 })).toEqual([false]);
});

test.each([['1'], [0], [1.5], [null]])('a message with the format %j is none of ours', (format) => {
  const [work] = cutIntoChunks(aJob({ total: 1, chunkSize: 200 }), makeIds(1), [0], TRACE);
  expect(() => decodeChunk(JSON.stringify({ ...work, format }))).toThrow(
    expect.objectContaining({ name: 'UnparsableMessageError' }),
  );
});

test('a message of an earlier version, which does not say so, is read as one of several', () => {
  const [work] = cutIntoChunks(aJob({ total: 1, chunkSize: 200 }), makeIds(1), [0], TRACE);
  const before: Record<string, unknown> = { ...work };
  delete before['only'];
  expect(decodeChunk(JSON.stringify(before))).toEqual({ ...work, only: false });
});
