/** Tests the token buckets that limit the gateway's routes (ADR 20). */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RouteThrottles } from '../../../tools/local/gateway/throttle.ts';
import type { Route, Throttle } from '../../../tools/local/template/read-routes.ts';
import { makePropertySettings } from '../../support/properties.ts';

function aRoute(key: string, throttle?: Throttle): Route {
  return { key, functionId: 'Fn', timeoutMilliseconds: 1, throttle };
}

/** Returns throttles and their clock, which only a test moves. */
function makeThrottles() {
  const clock = { now: 0 };
  return { clock, throttles: new RouteThrottles(() => clock.now) };
}

test('a burst is admitted at once, and later requests at the rate', () => {
  const { clock, throttles } = makeThrottles();
  const route = aRoute('GET /a', { perSecond: 10, burst: 3 });
  const admitted = (count: number) => Array.from({ length: count }, () => throttles.admit(route));
  expect(admitted(4)).toEqual([true, true, true, false]);
  clock.now = 99;
  expect(admitted(1)).toEqual([false]);
  clock.now = 101;
  expect(admitted(2)).toEqual([true, false]);
  clock.now = 1_000_000;
  expect(admitted(4)).toEqual([true, true, true, false]);
});

test('each route is counted by itself, and a route without limits admits all requests', () => {
  const { throttles } = makeThrottles();
  const limits = { perSecond: 1, burst: 1 };
  expect(throttles.admit(aRoute('GET /a', limits))).toBe(true);
  expect(throttles.admit(aRoute('GET /a', limits))).toBe(false);
  expect(throttles.admit(aRoute('GET /b', limits))).toBe(true);
  for (let n = 0; n < 10; n++) expect(throttles.admit(aRoute('GET /c'))).toBe(true);
});

test('no more requests are admitted than the burst and the rate allow', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }),
      (perSecond, burst, pauses) => {
        const { clock, throttles } = makeThrottles();
        const route = aRoute('GET /a', { perSecond, burst });
        let admitted = 0;
        for (const pause of pauses) {
          clock.now += pause;
          if (throttles.admit(route)) admitted += 1;
          expect(admitted).toBeLessThanOrEqual(burst + (clock.now / 1_000) * perSecond + 1e-6);
        }
      },
    ),
    makePropertySettings(200),
  );
});
