/** Tests when reconcile looks at a job again, what it does at the very times, and which jobs it reads. */
import { describe, expect, test } from '@jest/globals';
import { TIMEOUT_SECONDS } from '../../lib/function-times.ts';
import { RESERVE_MS } from '../../src/adapters/lambda/stop-time.ts';
import { LOOK_UNTIL, READ_UNTIL, SEND_UNTIL } from '../../src/application/reconcile.ts';
import { FAIR_ATTEMPT_MS } from '../../src/domain/deadline.ts';
import { deriveStatus } from '../../src/domain/job.ts';
import type { OpenJob } from '../../src/ports/open-jobs.ts';
import { AT, NOW, TENANT } from '../support/builders.ts';
import { UseCaseRig, readFirstChunk } from '../support/use-case-rig.ts';

const HOUR = 3_600_000;
const DEADLINE = NOW + HOUR;
const LAST_RESORT = NOW + 1.5 * HOUR;
const LAST_TRIES_END = DEADLINE + HOUR + 15 * 60_000;

/** The only open job as the index has it, whenever it is due. */
async function dueJob(rig: UseCaseRig): Promise<OpenJob | undefined> {
  return (await rig.openJobs.readAccount(TENANT.accountId, 1))[0];
}

/** A job of one chunk that another owner holds for ever, so that reconcile cannot settle it. */
async function aHeldJob(): Promise<UseCaseRig> {
  const rig = new UseCaseRig();
  await rig.create(rig.addTargetGroups({}));
  await rig.chunks.claim(readFirstChunk(rig).chunk, 'other', NOW, Infinity);
  return rig;
}

describe('the next look', () => {
  test.each([
    { now: DEADLINE - 1_200_001, next: DEADLINE - 1, at: 'two stalls after a resend' },
    { now: DEADLINE - 1_199_999, next: DEADLINE, at: 'the deadline, if that is earlier' },
    { now: DEADLINE, next: DEADLINE + 1_200_000, at: 'two stalls after a give-up' },
    { now: LAST_RESORT, next: LAST_RESORT + 30_000, at: 'half a minute later, from the last resort on' },
    { now: DEADLINE + HOUR, next: DEADLINE + HOUR + 30_000, at: 'half a minute later, long after it' },
  ])('is at $at', async ({ now, next }) => {
    const rig = await aHeldJob();
    rig.time = now;
    await rig.reconcile();
    expect(await dueJob(rig)).toMatchObject({ dueAt: new Date(next).toISOString() });
  });

  test('has the numbers of the looks before it', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
    const lookAt = async (now: number) => {
      rig.time = now;
      await rig.reconcile();
      return (await rig.readJob(jobId)).job.look;
    };
    expect(await lookAt(NOW + 600_000)).toMatchObject({ settled: 0, resends: 1, giveUps: 0 });
    await rig.run(readFirstChunk(rig));
    expect(await lookAt(NOW + 1_800_000)).toMatchObject({ settled: 1, resends: 1, giveUps: 0 });
    expect(await lookAt(NOW + 3_000_000)).toMatchObject({ settled: 1, resends: 2, giveUps: 0 });
    expect(await lookAt(DEADLINE)).toMatchObject({ settled: 1, resends: 2, giveUps: 1 });
    expect(await lookAt(DEADLINE + 1_200_000)).toMatchObject({ settled: 1, resends: 2, giveUps: 2 });
  });

  test('is that of the job, if the index is behind', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    const stale = await dueJob(rig);
    rig.time += 600_000;
    await rig.reconcile();
    rig.queue.sent.length = 0;
    rig.entries.length = 0;
    rig.openJobs.readShard = () => Promise.resolve({ jobs: stale ? [stale] : [], next: undefined });
    await rig.reconcile();
    expect(rig.queue.sent).toEqual([]);
    expect(rig.listEvents()).toEqual(['open-jobs.counted']);
  });

  test('that another run has moved is left to it, and the race is noted', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    rig.time += 600_000;
    rig.entries.length = 0;
    rig.openJobs.postpone = () => Promise.resolve(false);
    await rig.reconcile();
    expect(rig.entries.slice(1)).toEqual([{ event: 'race.lost', race: 'postpone', jobId }]);
  });
});

test('at its deadline a job is given up even if it has just made progress', async () => {
  const rig = new UseCaseRig();
  const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
  await rig.run(readFirstChunk(rig));
  rig.queue.sent.length = 0;
  rig.time = DEADLINE;
  await rig.reconcile();
  await rig.drain();
  expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Failed');
});

test('before its deadline a job that has made progress is not touched', async () => {
  const rig = new UseCaseRig();
  const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
  await rig.run(readFirstChunk(rig));
  rig.time = DEADLINE - 1;
  await rig.reconcile();
  expect(rig.listEvents()).not.toContain('job.deadline-passed');
  expect(rig.giveUps.sent).toEqual([]);
  expect(await rig.readJob(jobId)).toMatchObject({ job: { look: { settled: 1 } }, outcomes: [] });
});

describe('a target group for which no run had the time is given up', () => {
  /** Whether a run with `left` ms left at `now` gives it up, if one read takes longer than that and fails. */
  async function isGivenUp(now: number, left: number): Promise<boolean> {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    rig.time = now;
    rig.groups.find = () => {
      rig.time += left;
      return Promise.reject(new Error('no answer'));
    };
    await rig.reconcile(now + left);
    return deriveStatus((await rig.readJob(jobId)).job) !== 'Processing';
  }

  test.each([
    { now: LAST_TRIES_END, left: 20_000, givenUp: true },
    { now: LAST_TRIES_END, left: 19_999, givenUp: false },
    { now: LAST_TRIES_END - 1, left: 20_000, givenUp: false },
  ])('15 minutes after twice the deadline by a run with 20 s: $givenUp', async ({ now, left, givenUp }) => {
    expect(await isGivenUp(now, left)).toBe(givenUp);
  });
});

describe('a run whose looks and sends take all of their time', () => {
  const RUN_MS = 1_000 * TIMEOUT_SECONDS.reconcile - RESERVE_MS.reconcile;

  test('has time left to settle, for the calls before the attempt too', () => {
    expect(RUN_MS * (1 - SEND_UNTIL)).toBeGreaterThanOrEqual(FAIR_ATTEMPT_MS + 2_000);
    expect(LOOK_UNTIL).toBeLessThan(SEND_UNTIL);
    expect(READ_UNTIL).toBeLessThan(LOOK_UNTIL);
  });

  test('gives up a target group whose read takes the rest of the run', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    rig.time = LAST_TRIES_END;
    for (let i = 0; i < 60; i += 1) await rig.create(rig.addTargetGroups({}));
    rig.time += 600_000;
    const start = rig.time;
    // As long as they may.
    rig.queue.send = (_work, { until }) => {
      rig.time = Math.min(rig.time + 1_500, until);
      return Promise.resolve();
    };
    rig.groups.find = () => {
      rig.time = start + RUN_MS;
      return Promise.reject(new Error('no answer'));
    };
    await rig.reconcile(start + RUN_MS);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Failed');
  });
});

test('a target group whose every try fails is given up at twice the deadline, and not before', async () => {
  const rig = new UseCaseRig();
  const { jobId } = await rig.create(rig.addTargetGroups({}));
  rig.groups.find = () => Promise.reject(new Error('no answer'));
  // A run pauses between its tries.
  rig.clock.pause = () => Promise.resolve();
  rig.time = DEADLINE + HOUR - 1;
  await rig.reconcile();
  expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Processing');
  rig.time = DEADLINE + HOUR + 60_000;
  await rig.reconcile();
  expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Failed');
});

test('a job that is gone by now is passed over in silence', async () => {
  const rig = new UseCaseRig();
  const gone: OpenJob = {
    ...TENANT,
    jobId: 'gone',
    createdAt: AT,
    dueAt: AT,
    action: 'resume',
    total: 1,
  };
  rig.openJobs.readShard = (shard) => Promise.resolve({ jobs: shard === 0 ? [gone] : [], next: undefined });
  await rig.reconcile();
  expect(rig.listEvents()).toEqual(['open-jobs.counted']);
});

test('an ended job is taken out of the index and nothing else, and the run waits for that', async () => {
  const rig = new UseCaseRig();
  const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
  const close = rig.openJobs.close.bind(rig.openJobs);
  rig.openJobs.close = () => Promise.reject(new Error('killed'));
  await rig.drain().catch(() => undefined);
  rig.openJobs.close = async (...args) => {
    await new Promise(setImmediate);
    return close(...args);
  };
  rig.entries.length = 0;
  rig.time += 600_000;
  await rig.reconcile();
  expect(rig.entries.slice(1)).toEqual([{ event: 'job.finished', jobId, status: 'Completed', ms: 600_000 }]);
  expect(await dueJob(rig)).toBeUndefined();
});

describe('as a last resort', () => {
  test('a run whose time is up claims no further chunk', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}, {}, {}));
    rig.time = LAST_RESORT;
    const claimed: string[] = [];
    const claim = rig.chunks.claim.bind(rig.chunks);
    rig.chunks.claim = (chunk, owner, ...times) => {
      claimed.push(`${owner} claims ${chunk.index}`);
      return claim(chunk, owner, ...times);
    };
    const settle = rig.chunks.settle.bind(rig.chunks);
    rig.chunks.settle = (...args) => {
      rig.time += 1000;
      return settle(...args);
    };
    await rig.reconcile(LAST_RESORT + 1000);
    expect(claimed).toHaveLength(1);
    rig.time += 60_000;
    await rig.reconcile();
    // Each claim has a name of its own, that of the run and of the chunk.
    expect(claimed).toEqual([
      expect.stringMatching(/^O\w+\/0 claims 0$/),
      expect.stringMatching(/^O\w+\/1 claims 1$/),
    ]);
  });

  test('a chunk that another owner holds is no failure of the run', async () => {
    const rig = await aHeldJob();
    rig.time = LAST_RESORT;
    await rig.reconcile();
    expect(rig.listEvents()).toContain('job.last-resort');
    expect(rig.listEvents()).not.toContain('job.not-reconciled');
  });

  test('one chunk that cannot be settled is noted, and the others are settled', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
    rig.time = LAST_RESORT;
    const settle = rig.chunks.settle.bind(rig.chunks);
    rig.chunks.settle = (chunk, ...rest) =>
      chunk.index === 0 ? Promise.reject(new Error('no answer')) : settle(chunk, ...rest);
    await rig.reconcile();
    expect(rig.listEvents()).toContain('job.not-reconciled');
    expect((await rig.readJob(jobId)).job.settled).toEqual(new Set([1]));
  });
});
