/**
 * Measures the duration of a create call inside its function, by the number of ids, while the queue is not
 * read.
 */
import { computeMedian } from '../report/figures.ts';
import { invokeFunction, makeCreateEvent } from '../rig/gateway-events.ts';
import type { TargetGroupSet } from '../rig/target-group-set.ts';
import { startFunctions, type BenchRig } from '../rig/bench-rig.ts';

export const CREATE_SIZES = [10, 100, 1_000, 10_000] as const;

export type CreateSize = (typeof CREATE_SIZES)[number];

/** Unmeasured calls for each size, until the code is compiled and the connections are open. */
const WARM_UP = 5;

/** @returns the median time by size, in ms */
export async function measureCreateLatency(
  rig: BenchRig,
  groups: TargetGroupSet,
  rounds: number,
): Promise<Record<CreateSize, number>> {
  const running = await startFunctions(
    rig,
    () => rig.stores,
    () => undefined,
  );
  const times: Record<CreateSize, number[]> = { 10: [], 100: [], 1_000: [], 10_000: [] };
  try {
    await groups.reset(1);
    for (let round = -WARM_UP; round < rounds; round += 1) {
      // The sizes take turns, so that other load on the machine affects all of them.
      for (const size of CREATE_SIZES) {
        const event = makeCreateEvent(rig, groups.tenant, groups.ids.slice(0, size));
        const start = performance.now();
        await invokeFunction(running, 'create-job', event, 201);
        if (round >= 0) times[size].push(performance.now() - start);
      }
    }
  } finally {
    await running.stop();
  }
  return {
    10: computeMedian(times[10]),
    100: computeMedian(times[100]),
    1_000: computeMedian(times[1_000]),
    10_000: computeMedian(times[10_000]),
  };
}
