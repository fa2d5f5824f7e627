/** Tests the model of SQS's fair queues, rule by rule, and what the rules mean for a quiet account. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FairQueue, NOISY_IN_FLIGHT, QUIET_AFTER_MS } from '../rigs/simulation/fair-queue.ts';
import { makePropertySettings } from '../support/properties.ts';

const byName = (group: string) => group;

/** A queue with messages of groups in flight since `now`, and as many more of each that wait. */
function makeQueue(inFlight: Readonly<Record<string, number>>, now = 0): FairQueue<string> {
  const queue = new FairQueue<string>();
  for (const [group, count] of Object.entries(inFlight)) {
    for (let i = 0; i < count + 1; i += 1) queue.noteSent(group);
    for (let i = 0; i < count; i += 1) queue.noteDelivered(`${group}${i}`, group, now);
  }
  return queue;
}

describe('a group is noisy', () => {
  // At the instant of delivery no time has passed, so that the processing time says nothing.
  test('from 30 messages in flight on', () => {
    expect(makeQueue({ a: 29 }).isNoisy('a', 0)).toBe(false);
    expect(makeQueue({ a: 30 }).isNoisy('a', 0)).toBe(true);
  });

  test('with them, only above a tenth of all messages in flight', () => {
    const others = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`g${i}`, NOISY_IN_FLIGHT]));
    expect(makeQueue({ a: NOISY_IN_FLIGHT, ...others }).isNoisy('a', 0)).toBe(false);
    expect(makeQueue({ a: NOISY_IN_FLIGHT + 1, ...others }).isNoisy('a', 0)).toBe(true);
  });

  test('with one message in flight, above a tenth of the processing time', () => {
    const queue = makeQueue({ slow: 1, b: 4, c: 5 });
    expect(queue.isNoisy('slow', 1_000)).toBe(false);
    queue.noteDeleted('b0', 1_000);
    expect(queue.isNoisy('slow', 2_000)).toBe(true);
  });

  test('not by what it did more than a minute ago', () => {
    const queue = makeQueue({ a: 5 });
    for (let i = 0; i < 5; i += 1) queue.noteDeleted(`a${i}`, 1_000);
    expect(queue.isNoisy('a', 60_999)).toBe(true);
    expect(queue.isNoisy('a', 61_000)).toBe(false);
  });

  test('no longer when nothing of it waits', () => {
    const queue = makeQueue({ a: NOISY_IN_FLIGHT });
    queue.noteDelivered('last', 'a', 1);
    expect(queue.isNoisy('a', 1)).toBe(false);
    queue.noteReturned('last', 2);
    expect(queue.isNoisy('a', 2)).toBe(true);
  });

  test('no longer when nothing of it was in flight for five minutes, whatever waits', () => {
    const queue = makeQueue({ a: NOISY_IN_FLIGHT });
    expect(queue.isNoisy('a', QUIET_AFTER_MS)).toBe(true);
    for (let i = 0; i < NOISY_IN_FLIGHT; i += 1) queue.noteReturned(`a${i}`, QUIET_AFTER_MS);
    queue.noteSent('b');
    queue.noteDelivered('b0', 'b', QUIET_AFTER_MS);
    expect(queue.isNoisy('a', QUIET_AFTER_MS + 1_000)).toBe(true);
    expect(queue.isNoisy('a', 2 * QUIET_AFTER_MS)).toBe(false);
  });
});

describe('the order', () => {
  test('has quiet groups first and unchanged, then the noisy group with the fewest in flight', () => {
    const queue = makeQueue({ most: 50, fewer: 40, q1: 0, q2: 0 });
    const waiting = ['most', 'q1', 'fewer', 'most', 'q2', 'q1'];
    expect(queue.order(waiting, byName, 0)).toEqual(['q1', 'q2', 'q1', 'fewer', 'most', 'most']);
  });

  test('loses and adds no message', () => {
    const groups = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 50 });
    const inFlight = fc.record({ a: fc.nat(60), b: fc.nat(60), c: fc.nat(60) });
    fc.assert(
      fc.property(groups, inFlight, (waiting, counts) => {
        const ordered = makeQueue(counts).order(waiting, byName, 10);
        expect([...ordered].sort()).toEqual([...waiting].sort());
      }),
      makePropertySettings(200),
    );
  });
});

interface Sent {
  readonly group: string;
  readonly at: number;
}

/** Runs workers, each with one message for a second at a time. @returns when each group has ended, ms */
function work(workers: number, sent: readonly Sent[]): Map<string, number> {
  const queue = new FairQueue<number>();
  const toSend = [...sent].sort((a, b) => a.at - b.at);
  const held = new Map<number, { group: string; until: number }>();
  const ends = new Map<string, number>();
  let waiting: string[] = [];
  let keys = 0;
  for (let now = 0; toSend.length + waiting.length + held.size > 0; now += 10) {
    for (; toSend[0] !== undefined && toSend[0].at <= now; toSend.shift()) {
      queue.noteSent(toSend[0].group);
      waiting.push(toSend[0].group);
    }
    for (const [key, { group, until }] of held) {
      if (until > now) continue;
      queue.noteDeleted(key, now);
      held.delete(key);
      ends.set(group, now);
    }
    while (held.size < workers && waiting.length > 0) {
      const [next = '', ...others] = queue.order(waiting, byName, now);
      waiting = others;
      keys += 1;
      queue.noteDelivered(keys, next, now);
      // The workers do not get free in step.
      held.set(keys, { group: next, until: now + 900 + ((keys * 37) % 200) });
    }
  }
  return ends;
}

const send = (group: string, count: number, at: number): Sent[] =>
  Array.from({ length: count }, () => ({ group, at }));

describe('beside a flood, a quiet account', () => {
  test.each([
    { workers: 10, chunks: 1 },
    { workers: 10, chunks: 50 },
    { workers: 40, chunks: 50 },
  ])('ends $chunks chunks within three times what they take alone, with $workers workers', (the) => {
    const alone = (work(the.workers, send('quiet', the.chunks, 0)).get('quiet') ?? NaN) - 0;
    const at = 5_000;
    const ends = work(the.workers, [...send('flood', 1_000, 0), ...send('quiet', the.chunks, at)]);
    expect(((ends.get('quiet') ?? NaN) - at) / alone).toBeLessThan(3);
    expect(ends.get('flood')).toBeGreaterThan(ends.get('quiet') ?? NaN);
  });

  /** Small accounts that keep the workers busy, then a flood, and a second later the quiet account. */
  const timeAfterBusyMinute = (workers: number) => {
    const small = Array.from({ length: 61 * workers }, (_, i) => ({
      group: `small ${i % 20}`,
      at: (i * 1_000) / workers,
    }));
    const at = 61_000;
    const ends = work(workers, [...small, ...send('flood', 500, 60_000), ...send('quiet', 1, at)]);
    return (ends.get('quiet') ?? NaN) - at;
  };

  test('waits, when the workers were busy, until the flood has had its tenth of the recent time', () => {
    const ms = timeAfterBusyMinute(10);
    expect(ms).toBeGreaterThan(4_000);
    expect(ms).toBeLessThan(8_000);
  });

  test('does not wait for that with workers enough for 30 messages in flight', () => {
    expect(timeAfterBusyMinute(40)).toBeLessThan(3_000);
  });

  test('does not wait for a flood that was sent more than five minutes ago', () => {
    const at = QUIET_AFTER_MS + 1_000;
    const ends = work(10, [...send('flood', 4_000, 0), ...send('quiet', 1, at)]);
    expect((ends.get('quiet') ?? NaN) - at).toBeLessThan(3_000);
  });
});
