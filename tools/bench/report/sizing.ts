/** Calculates how fast workers carry out target groups, by their size: a table of docs/performance.md. */
import { estimateBilledMs } from '../dollars.ts';

/** Target groups of a chunk, and of the job whose time is calculated. */
const CHUNK = 200;
const JOB = 10_000;

/** Serial calls of a chunk: claim, result, update of META. */
const SERIAL_CALLS = 3;

/**
 * Lambda starts with five batches at a time, and adds up to 300 a minute:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const FIRST_BATCHES = 5;
const MORE_BATCHES_PER_SECOND = 5;

/** An assumption for the start of an instance, ms. */
const COLD_START_MS = 500;

/** Writes a second that a new table takes. */
const NEW_TABLE_WRITES = 4_000;

const SIZES = [2, 10, 20, 50].flatMap((workers) =>
  [512, 1_024, 1_769].map((memoryMb) => ({ workers, memoryMb })),
);

export interface Worker {
  /** CPU time of a chunk of 200, ms of a whole CPU of Lambda. */
  readonly chunkCpuMs: number;
  /** Writes in flight per worker. */
  readonly parallelism: number;
}

export interface Size {
  readonly workers: number;
  readonly memoryMb: number;
}

/** @returns ms that one worker takes for a chunk */
export function computeChunkMs({ chunkCpuMs, parallelism }: Worker, memoryMb: number): number {
  const work = { cpuMs: chunkCpuMs, serialCalls: SERIAL_CALLS, parallelCalls: CHUNK, parallelism };
  return estimateBilledMs(work, memoryMb);
}

/** @returns target groups a second of all workers, if the table takes as many writes */
export function computeRate(worker: Worker, { workers, memoryMb }: Size): number {
  return (workers * CHUNK * 1_000) / computeChunkMs(worker, memoryMb);
}

/**
 * Computes the time of a job of 10,000 from its messages to its last chunk, ms. The table takes every write.
 * @param cold whether each instance has to be started, as fast as Lambda adds batches
 */
export function computeJobMs(worker: Worker, { workers, memoryMb }: Size, cold: boolean): number {
  const chunkMs = computeChunkMs(worker, memoryMb);
  const free = Array.from({ length: workers }, (_, i) =>
    cold ? COLD_START_MS + (Math.max(0, i + 1 - FIRST_BATCHES) / MORE_BATCHES_PER_SECOND) * 1_000 : 0,
  );
  let end = 0;
  for (let chunk = 0; chunk < JOB / CHUNK; chunk += 1) {
    const next = free.indexOf(Math.min(...free));
    free[next] = (free[next] ?? 0) + chunkMs;
    end = Math.max(end, free[next]);
  }
  return end;
}

/** Lists the cells: workers, memory, rate, time warm and cold, and whether a new table throttles. */
export function listSizes(worker: Worker): string[][] {
  const formatSeconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  return SIZES.map((size) => {
    const rate = computeRate(worker, size);
    return [
      String(size.workers),
      `${size.memoryMb.toLocaleString('en-US')} MB`,
      (Math.round(rate / 10) * 10).toLocaleString('en-US'),
      formatSeconds(computeJobMs(worker, size, false)),
      formatSeconds(computeJobMs(worker, size, true)),
      rate > NEW_TABLE_WRITES ? 'yes' : 'no',
    ];
  });
}
