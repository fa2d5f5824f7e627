/** Computes the usage of a job in AWS from the counted calls and the functions' CPU time. */
import {
  estimateBilledMs,
  computeGigabyteSeconds,
  PLATFORM_LOG_BYTES,
  computeSampledShare,
  type Usage,
} from './dollars.ts';
import type { Measured } from './measure.ts';
import type { JobCounts } from './sections/counts.ts';

/**
 * Chunks that ten workers start per second when the table admits 4,000 writes per second, like a new table. A
 * trace begins for each.
 */
const CHUNKS_PER_SECOND = 20;

/** Computes the usage of one create call, the job's chunks, and one status call after the end. */
export function computeUsage(
  measured: Measured,
  counts: JobCounts,
  traced = computeSampledShare(CHUNKS_PER_SECOND),
): Usage {
  const { processes, memoryMb, parallelism } = measured;
  const { targetGroups, chunks } = counts;
  const perChunk = targetGroups / chunks;
  const size = targetGroups > 1_000 ? 10_000 : 100;
  const invocations = [
    {
      times: 1,
      memory: memoryMb['create-job'],
      work: {
        cpuMs: processes.createCpuMs[size],
        serialCalls: counts.createChain,
        parallelCalls: 0,
        parallelism: 1,
      },
    },
    {
      times: chunks,
      memory: memoryMb.worker,
      work: {
        cpuMs: processes.chunkCpuMs[perChunk > 100 ? 200 : 100],
        // The claim, the result, and the update of META.
        serialCalls: 3,
        parallelCalls: perChunk,
        parallelism,
      },
    },
    {
      times: 1,
      memory: memoryMb['get-job'],
      // The read of META, then those of request and results at once.
      work: { cpuMs: processes.statusCpuMs[size], serialCalls: 2, parallelCalls: 0, parallelism: 1 },
    },
  ];
  const count = chunks + 2;
  return {
    writeUnits: counts.writeUnits,
    readUnits: counts.readUnits,
    queueRequests: counts.queueRequests,
    fairQueueRequests: counts.queueRequests,
    invocations: count,
    gigabyteSeconds: invocations.reduce(
      (sum, { times, memory, work }) =>
        sum + times * computeGigabyteSeconds(estimateBilledMs(work, memory), memory),
      0,
    ),
    // The create call, and the status call, which is billed for each 512 KB.
    apiRequests: 1 + Math.ceil(counts.statusBytes / (512 * 1_024)),
    logBytes: counts.logBytes + count * PLATFORM_LOG_BYTES,
    traces: count * traced,
  };
}
