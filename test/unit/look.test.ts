/** Tests what reconcile does at each look at a job, and when it looks again, at the very times. */
import { describe, expect, test } from '@jest/globals';
import type { Job, Look } from '../../src/domain/job.ts';
import { type Backlogs, planLook } from '../../src/domain/look.ts';
import { NOW, aJob, aLook } from '../support/builders.ts';

const MINUTE = 60_000;
const STALLED = 10 * MINUTE;
const DEADLINE = NOW + 60 * MINUTE;
const LAST_RESORT = NOW + 90 * MINUTE;
const SETTINGS = { stalledMs: STALLED, deadlineMs: 60 * MINUTE };
const EMPTY: Backlogs = { chunks: false, giveUps: false };
const FULL: Backlogs = { chunks: true, giveUps: true };

interface Situation {
  readonly now: number;
  readonly look?: Partial<Look>;
  readonly backlogs?: Backlogs;
  readonly job?: Partial<Job>;
  readonly settings?: Partial<typeof SETTINGS>;
}

/** Plans a look, and returns the step and the next look with its time in epoch ms. */
function plan({ now, look = {}, backlogs = EMPTY, job = {}, settings = {} }: Situation) {
  const planned = planLook(aJob(job), aLook(look), now, { ...SETTINGS, ...settings }, backlogs);
  const { dueAt, ...counts } = planned.look;
  return { step: planned.step, next: Date.parse(dueAt), ...counts };
}

const SETTLED_ONE = { settled: new Set([0]) };

describe('before the deadline', () => {
  test('a job without progress is sent again, twice at most, each time after twice the wait', () => {
    const first = NOW + STALLED;
    expect(plan({ now: first })).toEqual({
      step: 'resend',
      next: first + 2 * STALLED,
      settled: 0,
      resends: 1,
      giveUps: 0,
    });
    expect(plan({ now: first, look: { resends: 1 } })).toMatchObject({
      step: 'resend',
      next: first + 4 * STALLED,
      resends: 2,
    });
    expect(plan({ now: first, look: { resends: 2 } })).toMatchObject({
      step: 'wait',
      next: first + 4 * STALLED,
      resends: 2,
    });
  });

  test('a job that was sent again twice waits until its deadline at most', () => {
    const now = DEADLINE - 4 * STALLED + 1;
    expect(plan({ now, look: { resends: 2 } })).toMatchObject({ step: 'wait', next: DEADLINE, resends: 2 });
  });

  test('a job that has made progress is left alone, and how far it is is noted', () => {
    const now = NOW + STALLED;
    expect(plan({ now, job: SETTLED_ONE })).toMatchObject({
      step: 'wait',
      next: now + STALLED,
      settled: 1,
      resends: 0,
    });
    expect(plan({ now, job: SETTLED_ONE, look: { resends: 1 } })).toMatchObject({
      step: 'wait',
      next: now + 2 * STALLED,
      resends: 1,
    });
    // What was settled at the look before is no progress.
    expect(plan({ now, job: SETTLED_ONE, look: { settled: 1 } })).toMatchObject({
      step: 'resend',
      settled: 1,
      resends: 1,
    });
  });

  test('a job is not sent again while the queue of chunks is full', () => {
    const now = NOW + STALLED;
    const backlogs = { chunks: true, giveUps: false };
    expect(plan({ now, backlogs })).toMatchObject({ step: 'withhold', next: now + STALLED, resends: 0 });
    expect(plan({ now, backlogs, look: { resends: 1 } })).toMatchObject({
      step: 'withhold',
      next: now + 2 * STALLED,
      resends: 1,
    });
    expect(plan({ now, backlogs: { chunks: false, giveUps: true } })).toMatchObject({ step: 'resend' });
  });

  test('a full queue keeps back neither the wait after progress nor that after two resends', () => {
    const now = NOW + STALLED;
    expect(plan({ now, backlogs: FULL, job: SETTLED_ONE }).step).toBe('wait');
    expect(plan({ now, backlogs: FULL, look: { resends: 2 } }).step).toBe('wait');
  });

  test('a job whose deadline is no more than a stall away is sent again whatever the queue holds', () => {
    expect(plan({ now: DEADLINE - STALLED - 1, backlogs: FULL })).toMatchObject({
      step: 'withhold',
      next: DEADLINE - STALLED,
    });
    expect(plan({ now: DEADLINE - STALLED, backlogs: FULL })).toMatchObject({
      step: 'resend',
      next: DEADLINE,
    });
    expect(plan({ now: DEADLINE - 1, backlogs: FULL })).toMatchObject({ step: 'resend', next: DEADLINE });
  });

  test.each([
    { step: 'resend', backlogs: EMPTY, job: {} },
    { step: 'wait', backlogs: EMPTY, job: SETTLED_ONE },
  ])('the look after $step is at the deadline, if that is earlier', ({ step, backlogs, job }) => {
    const now = DEADLINE - STALLED - 1;
    const earlier = plan({ now, backlogs, job, look: { resends: 1 } });
    expect(earlier).toMatchObject({ step, next: DEADLINE });
  });

  test('a resend that was withheld is sent a stall before the deadline at the latest', () => {
    const now = DEADLINE - 2 * STALLED + 1;
    for (const resends of [0, 1]) {
      const withheld = plan({ now, backlogs: FULL, look: { resends } });
      expect(withheld).toMatchObject({ step: 'withhold', next: DEADLINE - STALLED, resends });
    }
  });

  /**
   * Plays the looks at a job whose messages are lost, each as late as a run a minute may be.
   *
   * @param isFull whether the queue is full at the 1-based look
   * @returns the steps before the deadline
   */
  function playLooks(isFull: (look: number) => boolean, lateMs: number): string[] {
    const steps: string[] = [];
    let look = aLook({ dueAt: new Date(NOW + STALLED).toISOString() });
    for (let now = NOW + STALLED + lateMs; now < DEADLINE; now = Date.parse(look.dueAt) + lateMs) {
      const full = isFull(steps.length + 1);
      const planned = planLook(aJob(), look, now, SETTINGS, { chunks: full, giveUps: full });
      steps.push(planned.step);
      ({ look } = planned);
    }
    return steps;
  }

  test.each([0, 20_000, MINUTE])(
    'a job that lost its messages is sent again before its deadline, however full the queue, %i ms late',
    (lateMs) => {
      const count = (steps: readonly string[]) => steps.filter((step) => step === 'resend').length;
      expect(count(playLooks(() => false, lateMs))).toBe(2);
      // The queue is full from the beginning, or once the chunks were sent again.
      expect(count(playLooks(() => true, lateMs))).toBe(1);
      expect(count(playLooks((look) => look !== 1, lateMs))).toBe(2);
      expect(count(playLooks((look) => look !== 2, lateMs))).toBe(2);
    },
  );

  test('a first wait ends when the next resend is due, and not earlier', () => {
    const now = DEADLINE - 2 * STALLED;
    expect(plan({ now }).next).toBe(DEADLINE);
    expect(plan({ now: now - 1 }).next).toBe(DEADLINE - 1);
  });
});

describe('from the deadline on', () => {
  test('a job is given up at once, whatever its progress and the queues', () => {
    for (const job of [{}, SETTLED_ONE]) {
      for (const backlogs of [EMPTY, FULL]) {
        expect(plan({ now: DEADLINE, job, backlogs, look: { resends: 2 } })).toEqual({
          step: 'give-up',
          next: DEADLINE + 2 * STALLED,
          settled: job === SETTLED_ONE ? 1 : 0,
          resends: 2,
          giveUps: 1,
        });
      }
    }
  });

  test('a job that makes progress is not given up again', () => {
    expect(plan({ now: DEADLINE + 1, job: SETTLED_ONE, look: { giveUps: 1 } })).toMatchObject({
      step: 'wait',
      next: DEADLINE + 1 + 2 * STALLED,
      settled: 1,
      giveUps: 1,
    });
  });

  test('a job without progress is given up again, each time after twice the wait', () => {
    const settings = { stalledMs: 2 * MINUTE };
    for (const giveUps of [1, 2, 3]) {
      expect(plan({ now: DEADLINE, look: { giveUps }, settings })).toMatchObject({
        step: 'give-up',
        next: Math.min(DEADLINE + 2 * MINUTE * 2 ** (giveUps + 1), LAST_RESORT),
        giveUps: giveUps + 1,
      });
    }
  });

  test('a job is not given up again while the queue of give-ups is full', () => {
    const look = { giveUps: 1 };
    expect(plan({ now: DEADLINE, look, backlogs: { chunks: false, giveUps: true } })).toMatchObject({
      step: 'withhold',
      next: DEADLINE + 2 * STALLED,
      giveUps: 1,
    });
    expect(plan({ now: DEADLINE, look, backlogs: { chunks: true, giveUps: false } }).step).toBe('give-up');
  });

  test.each([
    { step: 'give-up', backlogs: EMPTY, job: {} },
    { step: 'wait', backlogs: EMPTY, job: SETTLED_ONE },
    { step: 'withhold', backlogs: FULL, job: {} },
  ])('the look after $step is at the last resort, if that is earlier', ({ step, backlogs, job }) => {
    const planned = plan({ now: LAST_RESORT - 1, backlogs, job, look: { giveUps: 1 } });
    expect(planned).toMatchObject({ step, next: LAST_RESORT });
  });

  test('a job that was never looked at before is given up at any time before the last resort', () => {
    expect(plan({ now: LAST_RESORT - 1, backlogs: FULL })).toMatchObject({
      step: 'give-up',
      next: LAST_RESORT,
      giveUps: 1,
    });
  });
});

describe('from one and a half times the deadline on', () => {
  test('a job is settled, at every look, whatever was tried', () => {
    for (const now of [LAST_RESORT, LAST_RESORT + 90 * MINUTE]) {
      expect(plan({ now, job: SETTLED_ONE, backlogs: FULL, look: { giveUps: 1, resends: 2 } })).toEqual({
        step: 'settle',
        next: now + 30_000,
        settled: 1,
        resends: 2,
        giveUps: 1,
      });
    }
  });

  test('the next look is no later than a stall, if that is short', () => {
    expect(plan({ now: LAST_RESORT, settings: { stalledMs: 5_000 } }).next).toBe(LAST_RESORT + 5_000);
  });
});

test('a job with a deadline of its own does not follow the setting, and one without does', () => {
  const settings = { deadlineMs: 20 * MINUTE };
  const now = NOW + 25 * MINUTE;
  expect(plan({ now, settings }).step).toBe('resend');
  expect(plan({ now, settings, job: { deadlineAt: undefined } })).toMatchObject({
    step: 'give-up',
    next: NOW + 30 * MINUTE,
  });
  expect(plan({ now: NOW + 30 * MINUTE, settings, job: { deadlineAt: undefined } }).step).toBe('settle');
});
