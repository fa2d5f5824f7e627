/** Tests the calculation of sizes: the time of a chunk, the rate of all workers, the time of a job. */
import { expect, test } from '@jest/globals';
import { computeChunkMs, computeJobMs, computeRate, listSizes } from '../../../tools/bench/report/sizing.ts';

// 200 ms on a whole CPU, so 400 ms on half of one, and 15 ms for the three calls in a row.
const WORKER = { chunkCpuMs: 200, parallelism: 16 };
const HALF = 1_769 / 2;

test('a chunk takes its CPU time by the share of a CPU, and its calls in a row', () => {
  expect(computeChunkMs(WORKER, HALF)).toBe(415);
  expect(computeChunkMs(WORKER, 1_769)).toBe(215);
});

test('more memory than a whole CPU has makes no chunk faster, and less CPU time than the calls take neither', () => {
  expect(computeChunkMs(WORKER, 10_240)).toBe(215);
  // 200 calls, 16 at a time, of 5 ms each.
  expect(computeChunkMs({ ...WORKER, chunkCpuMs: 1 }, 1_769)).toBe(78);
});

test('the rate grows with the workers', () => {
  const one = computeRate(WORKER, { workers: 1, memoryMb: 1_769 });
  expect(one).toBeCloseTo(200 / 0.215);
  expect(computeRate(WORKER, { workers: 10, memoryMb: 1_769 })).toBeCloseTo(10 * one);
});

test('a job takes as many rounds of its 50 chunks as the workers need', () => {
  expect(computeJobMs(WORKER, { workers: 10, memoryMb: HALF }, false)).toBe(5 * 415);
  expect(computeJobMs(WORKER, { workers: 20, memoryMb: HALF }, false)).toBe(3 * 415);
  expect(computeJobMs(WORKER, { workers: 50, memoryMb: HALF }, false)).toBe(415);
});

test('a cold job waits for instances: five at once, then five a second', () => {
  expect(computeJobMs(WORKER, { workers: 2, memoryMb: HALF }, true)).toBe(500 + 25 * 415);
  const cold = computeJobMs(WORKER, { workers: 50, memoryMb: HALF }, true);
  expect(cold).toBeGreaterThan(2_000);
  expect(cold).toBeLessThan(500 + 10 * 415);
});

test('the table says which sizes need a warm table', () => {
  const rows = listSizes(WORKER);
  expect(rows[0]?.slice(0, 2)).toEqual(['2', '512 MB']);
  expect(rows[0]?.at(-1)).toBe('no');
  expect(rows.at(-1)?.slice(0, 2)).toEqual(['50', '1,769 MB']);
  expect(rows.at(-1)?.at(-1)).toBe('yes');
});
