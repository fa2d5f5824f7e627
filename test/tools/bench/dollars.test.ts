/** Tests the conversion of counts into dollars against results worked out by hand. */
import { describe, expect, test } from '@jest/globals';
import {
  estimateBilledMs,
  countBilledRequests,
  computeDollarsByService,
  computeDollars,
  computeFloorDollars,
  computeGigabyteSeconds,
  NOTHING_USED,
  computeSampledShare,
} from '../../../tools/bench/dollars.ts';
import { PRICES, PRICES_DATE, PRICE_SOURCES } from '../../../tools/bench/prices.ts';
import { computeBatchedDollars, computePerItemDollars } from '../../../tools/bench/peers/step-functions.ts';
import { listStandingCosts, computeStandingDollars } from '../../../tools/bench/standing.ts';

test('a million of each thing costs its price', () => {
  const million = 1_000_000;
  expect(computeDollars({ ...NOTHING_USED, writeUnits: million })).toBeCloseTo(0.625, 10);
  expect(computeDollars({ ...NOTHING_USED, readUnits: million })).toBeCloseTo(0.125, 10);
  expect(computeDollars({ ...NOTHING_USED, queueRequests: million })).toBeCloseTo(0.4, 10);
  expect(computeDollars({ ...NOTHING_USED, fairQueueRequests: million })).toBeCloseTo(0.1, 10);
  expect(computeDollars({ ...NOTHING_USED, invocations: million })).toBeCloseTo(0.2, 10);
  expect(computeDollars({ ...NOTHING_USED, apiRequests: million })).toBeCloseTo(1, 10);
  expect(computeDollars({ ...NOTHING_USED, traces: million })).toBeCloseTo(5, 10);
  expect(computeDollars({ ...NOTHING_USED, logBytes: 2 ** 30 })).toBeCloseTo(0.5, 10);
  expect(computeDollars({ ...NOTHING_USED, gigabyteSeconds: million })).toBeCloseTo(13.3334, 10);
});

test('the total is the sum of the services, and the floor is one write per target group', () => {
  const usage = {
    ...NOTHING_USED,
    writeUnits: 10_420,
    queueRequests: 110,
    invocations: 52,
    logBytes: 40_000,
  };
  const sum = Object.values(computeDollarsByService(usage)).reduce((total, dollars) => total + dollars, 0);
  expect(computeDollars(usage)).toBeCloseTo(sum, 15);
  expect(computeFloorDollars(10_000)).toBeCloseTo(0.00625, 15);
  expect(computeDollarsByService(usage).writes / computeFloorDollars(10_000)).toBeCloseTo(1.042, 10);
});

describe('the time that an invocation is billed for', () => {
  test('is the CPU time by the CPU share of the memory, and the wait of each serial call', () => {
    expect(estimateBilledMs({ cpuMs: 100, serialCalls: 3, parallelCalls: 0, parallelism: 1 }, 1_769)).toBe(
      115,
    );
    expect(estimateBilledMs({ cpuMs: 100, serialCalls: 0, parallelCalls: 0, parallelism: 1 }, 884.5)).toBe(
      200,
    );
    expect(estimateBilledMs({ cpuMs: 100, serialCalls: 0, parallelCalls: 0, parallelism: 1 }, 3_538)).toBe(
      100,
    );
  });

  test('is the longer one of CPU time and waiting time when calls run in parallel', () => {
    const calls = { serialCalls: 0, parallelCalls: 160, parallelism: 16 };
    expect(estimateBilledMs({ ...calls, cpuMs: 10 }, 1_769)).toBe(50);
    expect(estimateBilledMs({ ...calls, cpuMs: 80 }, 1_769)).toBe(80);
  });

  test('is converted to GB-seconds', () => {
    expect(computeGigabyteSeconds(500, 512)).toBeCloseTo(0.25, 12);
  });
});

test('SQS bills per 64 KB, and X-Ray the first request of each second and 5 % of the others', () => {
  expect([0, 65_536, 65_537, 200_000].map(countBilledRequests)).toEqual([1, 1, 2, 4]);
  expect([0.5, 1].map(computeSampledShare)).toEqual([1, 1]);
  expect(computeSampledShare(20)).toBeCloseTo(1.95 / 20, 12);
});

test('Step Functions cost what the formula in docs/performance.md says', () => {
  expect(computePerItemDollars() * 1_000_000).toBeCloseTo(0.625 + 1 + 0.0625 * 0.1 * 16.67, 6);
  const batch = { size: 200, cpuMs: 100, memoryMb: 1_769, parallelism: 16 };
  const functions = 0.2e-6 + 0.1 * (1_769 / 1_024) * 0.0000133334;
  expect(computeBatchedDollars(batch) * 1_000_000).toBeCloseTo(
    0.625 + ((25e-6 + functions) / 200) * 1_000_000,
    6,
  );
});

test('an idle stack costs its alarms by their metrics, dashboards, keys, polls of queues and runs of reconcile', () => {
  const none = {
    alarmMetrics: 0,
    dashboards: 0,
    keys: 0,
    runEverySeconds: 60,
    runMemoryMb: 512,
    polledQueues: 0,
  };
  const some = { ...none, alarmMetrics: 10, dashboards: 1, keys: 1 };
  expect(computeStandingDollars(some) - computeStandingDollars(none)).toBeCloseTo(5, 10);
  // Five polls of 20 s at a time, of each queue.
  const polled = { ...none, polledQueues: 2 };
  expect(computeStandingDollars(polled) - computeStandingDollars(none)).toBeCloseTo(2 * 657_000 * 0.4e-6, 10);
  const runs = listStandingCosts(none).find(({ what }) => what.startsWith('runs of reconcile'));
  expect(runs?.count).toBe(43_800);
  // A run is billed for 55 ms: 13 ms of CPU time at 512 of 1,769 MB, 5 ms for sixteen calls at once, and
  // 5 ms for the write.
  const gigabyteSeconds = 0.055 * 0.5 * 0.0000133334;
  expect(runs?.each).toBeCloseTo(
    0.2e-6 + gigabyteSeconds + 0.625e-6 + 9 * 0.125e-6 + (820 / 2 ** 30) * 0.5 + 5e-6 + 1e-6,
    12,
  );
});

test('every price is positive, every source is a page of AWS, and the date is valid', () => {
  expect(Object.values(PRICES).every((price) => price > 0)).toBe(true);
  for (const address of Object.values(PRICE_SOURCES))
    expect(address).toMatch(/^https:\/\/aws\.amazon\.com\//);
  expect(new Date(PRICES_DATE).toISOString()).toBe(`${PRICES_DATE}T00:00:00.000Z`);
});
