/** How often and after which pauses a target group is tried again. */
import { expect, test } from '@jest/globals';
import { OutOfTimeError, retryUntilCertain } from '../../src/application/retry.ts';
import { ThrottledError, UncertainWriteError } from '../../src/domain/errors.ts';
import { LATE_WRITES_MS } from '../../src/domain/late-writes.ts';
import { GIVEN_UP, type Outcome } from '../../src/domain/outcome.ts';

const updated: Outcome = { targetGroupId: 'T' };
const refused: Outcome = { targetGroupId: 'T', failure: GIVEN_UP.deadline };
const throttled = () => Promise.reject(new ThrottledError('throttled'));
const uncertain = () => Promise.reject(new UncertainWriteError('no answer'));

/** A clock whose pauses take no time of ours, and a decision that goes through `answers`. */
function arrange(...answers: (() => Promise<Outcome>)[]) {
  const seen = { time: 0, tries: 0, pauses: [] as number[] };
  const clock = {
    now: () => seen.time,
    pause: (ms: number) => {
      seen.pauses.push(ms);
      seen.time += ms;
      return Promise.resolve();
    },
  };
  const decide = () => {
    const answer = answers[seen.tries] ?? answers.at(-1);
    seen.tries += 1;
    if (seen.tries > 20) throw new Error('it does not come to an end');
    return answer?.() ?? Promise.resolve(updated);
  };
  return { seen, run: (stopAt: number) => retryUntilCertain(clock, stopAt, decide) };
}

test('seven tries in all, each pause twice as long as the one before', async () => {
  const { seen, run } = arrange(throttled);
  await expect(run(Infinity)).rejects.toThrow(ThrottledError);
  expect(seen).toMatchObject({ tries: 7, pauses: [50, 100, 200, 400, 800, 1_600] });
});

test('the first try that succeeds is the last', async () => {
  const { seen, run } = arrange(throttled, throttled, () => Promise.resolve(updated));
  expect(await run(Infinity)).toBe(updated);
  expect(seen).toMatchObject({ tries: 3, pauses: [50, 100] });
});

test('no pause begins that would end when the time is up', async () => {
  const inTime = arrange(throttled);
  await expect(inTime.run(151)).rejects.toThrow(OutOfTimeError);
  expect(inTime.seen.tries).toBe(3);
  const late = arrange(throttled);
  await expect(late.run(150)).rejects.toThrow(OutOfTimeError);
  expect(late.seen.tries).toBe(2);
});

test('a refusal after a write without an answer counts when that can no longer arrive', async () => {
  expect(LATE_WRITES_MS).toBe(5_000);
  const { seen, run } = arrange(uncertain, () => Promise.resolve(refused));
  expect(await run(Infinity)).toBe(refused);
  // The clock may end a pause after half of its time.
  expect(seen).toMatchObject({ tries: 3, pauses: [50, 10_000] });
});

test('a refusal counts at once after a write that was refused for want of capacity', async () => {
  const { seen, run } = arrange(throttled, () => Promise.resolve(refused));
  expect(await run(Infinity)).toBe(refused);
  expect(seen).toMatchObject({ tries: 2, pauses: [50] });
});

test('without the time to make sure there is no outcome', async () => {
  const { run } = arrange(uncertain, () => Promise.resolve(refused));
  await expect(run(10_050)).rejects.toThrow(OutOfTimeError);
  const inTime = arrange(uncertain, () => Promise.resolve(refused));
  expect(await inTime.run(10_051)).toBe(refused);
});
