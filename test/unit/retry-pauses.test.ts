/** Tests that a try waits for the pause before it, and how long the pauses are. */
import { expect, test } from '@jest/globals';
import { OutOfTimeError, retryUntilCertain } from '../../src/application/retry.ts';
import { ThrottledError, UncertainWriteError } from '../../src/domain/errors.ts';
import { NOT_FOUND } from '../../src/domain/outcome.ts';

/** A clock whose pauses end when the test says so. */
function aClock() {
  const pauses: { ms: number; end: () => void }[] = [];
  const clock = {
    now: () => 0,
    pause: (ms: number) =>
      new Promise<void>((resolve) => {
        pauses.push({ ms, end: resolve });
      }),
  };
  return { clock, pauses };
}

const settle = () => new Promise(setImmediate);

test('no try begins before its pause has ended; there are seven, and each pause is twice the last', async () => {
  const { clock, pauses } = aClock();
  const throttled = new ThrottledError('too many');
  let tries = 0;
  const result = retryUntilCertain(clock, Infinity, () => {
    tries += 1;
    return Promise.reject(throttled);
  }).catch((error: unknown) => error);
  for (let made = 1; made < 7; made += 1) {
    await settle();
    expect(tries).toBe(made);
    pauses.at(-1)?.end();
  }
  expect(await result).toBe(throttled);
  expect(tries).toBe(7);
  expect(pauses.map(({ ms }) => ms)).toEqual([50, 100, 200, 400, 800, 1600]);
});

test('no try begins if its pause would end when the time is up, and the error says what the last one met', async () => {
  const throttled = new ThrottledError('too many');
  const attempt = (stopAt: number) => {
    const { clock, pauses } = aClock();
    const result = retryUntilCertain(clock, stopAt, () => Promise.reject(throttled)).catch(
      (error: unknown) => error,
    );
    return { result, pauses };
  };
  const late = attempt(50);
  expect(await late.result).toBeInstanceOf(OutOfTimeError);
  expect(await late.result).toMatchObject({ cause: throttled });
  const early = attempt(51);
  await settle();
  expect(early.pauses).toHaveLength(1);
});

test('a refusal after a write without an answer is asked for again 10 seconds later, if there is time', async () => {
  const attempt = (stopAt: number) => {
    const { clock, pauses } = aClock();
    let tries = 0;
    const result = retryUntilCertain(clock, stopAt, () => {
      tries += 1;
      return tries === 1
        ? Promise.reject(new UncertainWriteError('no answer'))
        : Promise.resolve({ targetGroupId: 'id', failure: NOT_FOUND });
    }).catch((error: unknown) => error);
    return { result, pauses, tries: () => tries };
  };
  const early = attempt(10_001);
  await settle();
  early.pauses[0]?.end();
  await settle();
  expect(early.tries()).toBe(2);
  expect(early.pauses.map(({ ms }) => ms)).toEqual([50, 10_000]);
  early.pauses[1]?.end();
  expect(await early.result).toEqual({ targetGroupId: 'id', failure: NOT_FOUND });
  expect(early.tries()).toBe(3);

  const late = attempt(10_000);
  await settle();
  late.pauses[0]?.end();
  expect(await late.result).toMatchObject({
    name: 'OutOfTimeError',
    cause: { name: 'UncertainWriteError', evidence: { targetGroupId: 'id', failure: NOT_FOUND } },
  });
});
