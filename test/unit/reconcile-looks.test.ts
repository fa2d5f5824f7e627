/** Tests when reconcile looks at a job again, what it does at the very times, and which jobs it reads. */
import { describe, expect, test } from '@jest/globals';
import { statusOf } from '../../src/domain/job.ts';
import type { DueJob } from '../../src/ports/open-jobs.ts';
import { NOW, TENANT } from '../support/builders.ts';
import { World, firstWork } from '../support/world.ts';

const HOUR = 3_600_000;
const DEADLINE = NOW + HOUR;
const LAST_TRIES_END = DEADLINE + HOUR + 15 * 60_000;

/** The only open job as the index has it, whenever it is due. */
async function dueJob(world: World): Promise<DueJob | undefined> {
  return (await world.openJobs.due('9999', 1))[0];
}

/** A job of one chunk that another owner holds for ever, so that reconcile cannot settle it. */
async function aHeldJob(): Promise<World> {
  const world = new World();
  await world.create(world.add({}));
  await world.chunks.claim(firstWork(world).chunk, 'other', NOW, Infinity);
  return world;
}

describe('the next look', () => {
  test.each([
    { now: DEADLINE - 600_001, next: DEADLINE - 1, at: 'one stall later' },
    { now: DEADLINE - 599_999, next: DEADLINE, at: 'the deadline, if that is earlier' },
    { now: DEADLINE, next: DEADLINE + 60_000, at: 'a minute later, from the deadline on' },
    { now: DEADLINE + HOUR, next: DEADLINE + HOUR + 60_000, at: 'a minute later, long after it' },
  ])('is at $at', async ({ now, next }) => {
    const world = await aHeldJob();
    world.time = now;
    await world.reconcile();
    expect(await dueJob(world)).toMatchObject({ dueAt: new Date(next).toISOString() });
  });

  test('is no later than one stall after the deadline, if a stall is short', async () => {
    const world = await aHeldJob();
    world.settings.stalledMs = 30_000;
    world.time = DEADLINE;
    await world.reconcile();
    expect(await dueJob(world)).toMatchObject({ dueAt: new Date(DEADLINE + 30_000).toISOString() });
  });

  test('that another run has moved is left to it, and the race is noted', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}));
    world.time += 600_000;
    world.entries.length = 0;
    world.openJobs.postpone = () => Promise.resolve('lost');
    await world.reconcile();
    expect(world.entries.slice(1)).toEqual([{ event: 'race.lost', race: 'postpone', jobId }]);
  });
});

test('at its deadline a job is settled even if it has just made progress', async () => {
  const world = new World();
  const { jobId } = await world.create(world.add({}, {}, {}));
  await world.run(firstWork(world));
  world.time = DEADLINE;
  await world.reconcile();
  expect(statusOf((await world.status(jobId)).job)).toBe('Failed');
});

test('before its deadline a job that has made progress is not touched', async () => {
  const world = new World();
  const { jobId } = await world.create(world.add({}, {}, {}));
  await world.run(firstWork(world));
  world.time = DEADLINE - 1;
  await world.reconcile();
  expect(world.events()).not.toContain('job.deadline-passed');
  expect(await world.status(jobId)).toMatchObject({ job: { open: true }, outcomes: [] });
});

describe('a target group for which no run had the time is given up', () => {
  /** Whether a run with `left` ms left at `now` gives it up, if one read takes longer than that and fails. */
  async function isGivenUp(now: number, left: number): Promise<boolean> {
    const world = new World();
    const { jobId } = await world.create(world.add({}));
    world.time = now;
    world.groups.find = () => {
      world.time += left;
      return Promise.reject(new Error('no answer'));
    };
    await world.reconcile(now + left);
    return statusOf((await world.status(jobId)).job) !== 'Processing';
  }

  test.each([
    { now: LAST_TRIES_END, left: 20_000, givenUp: true },
    { now: LAST_TRIES_END, left: 19_999, givenUp: false },
    { now: LAST_TRIES_END - 1, left: 20_000, givenUp: false },
  ])('15 minutes after twice the deadline by a run with 20 s: $givenUp', async ({ now, left, givenUp }) => {
    expect(await isGivenUp(now, left)).toBe(givenUp);
  });
});

test('a target group whose every try fails is given up at twice the deadline, and not before', async () => {
  const world = new World();
  const { jobId } = await world.create(world.add({}));
  world.groups.find = () => Promise.reject(new Error('no answer'));
  // A run pauses between its tries.
  world.clock.pause = () => Promise.resolve();
  world.time = DEADLINE + HOUR - 1;
  await world.reconcile();
  expect(statusOf((await world.status(jobId)).job)).toBe('Processing');
  world.time = DEADLINE + HOUR + 60_000;
  await world.reconcile();
  expect(statusOf((await world.status(jobId)).job)).toBe('Failed');
});

test('the pages of due jobs follow each other, and a page that is not full is the last', async () => {
  const world = new World();
  for (let i = 0; i < 25; i += 1) {
    world.time = NOW + i;
    await world.create(world.add({}));
  }
  world.time += 600_000;
  const pages: { after: DueJob | undefined; jobs: readonly DueJob[] }[] = [];
  const due = world.openJobs.due.bind(world.openJobs);
  world.openJobs.due = async (now, limit, after) => {
    const jobs = await due(now, limit, after);
    pages.push({ after, jobs });
    return jobs;
  };
  await world.reconcile();
  expect(pages.map(({ jobs }) => jobs.length)).toEqual([10, 10, 5]);
  expect(pages.map(({ after }) => after)).toEqual([undefined, pages[0]?.jobs[9], pages[1]?.jobs[9]]);
});

test('a job that is gone by now is passed over in silence', async () => {
  const world = new World();
  world.openJobs.due = () => Promise.resolve([{ ...TENANT, jobId: 'gone', dueAt: '' }]);
  await world.reconcile();
  expect(world.events()).toEqual(['open-jobs.counted']);
});

test('an ended job is taken out of the index and nothing else, and the run waits for that', async () => {
  const world = new World();
  const { jobId } = await world.create(world.add({}, {}, {}));
  const close = world.openJobs.close.bind(world.openJobs);
  world.openJobs.close = () => Promise.reject(new Error('killed'));
  await world.drain().catch(() => undefined);
  world.openJobs.close = async (...args) => {
    await new Promise(setImmediate);
    return close(...args);
  };
  world.entries.length = 0;
  world.time += 600_000;
  await world.reconcile();
  expect(world.entries.slice(1)).toEqual([
    { event: 'job.finished', jobId, status: 'Completed', ms: 600_000 },
  ]);
  expect(await dueJob(world)).toBeUndefined();
});

describe('past the deadline', () => {
  test('a run whose time is up claims no further chunk', async () => {
    const world = new World();
    await world.create(world.add({}, {}, {}));
    world.time = DEADLINE;
    const claimed: string[] = [];
    const claim = world.chunks.claim.bind(world.chunks);
    world.chunks.claim = (chunk, owner, ...times) => {
      claimed.push(`${owner} claims ${chunk.index}`);
      return claim(chunk, owner, ...times);
    };
    const settle = world.chunks.settle.bind(world.chunks);
    world.chunks.settle = (...args) => {
      world.time += 1000;
      return settle(...args);
    };
    await world.reconcile(DEADLINE + 1000);
    expect(claimed).toHaveLength(1);
    world.time += 60_000;
    await world.reconcile();
    // Each claim has a name of its own, that of the run and of the chunk.
    expect(claimed).toEqual([
      expect.stringMatching(/^O\w+\/0 claims 0$/),
      expect.stringMatching(/^O\w+\/1 claims 1$/),
    ]);
  });

  test('a chunk that another owner holds is no failure of the run', async () => {
    const world = await aHeldJob();
    world.time = DEADLINE;
    await world.reconcile();
    expect(world.events()).toContain('job.deadline-passed');
    expect(world.events()).not.toContain('job.not-reconciled');
  });

  test('one chunk that cannot be settled is noted, and the others are settled', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}, {}, {}));
    world.time = DEADLINE;
    const settle = world.chunks.settle.bind(world.chunks);
    world.chunks.settle = (chunk, ...rest) =>
      chunk.index === 0 ? Promise.reject(new Error('no answer')) : settle(chunk, ...rest);
    await world.reconcile();
    expect(world.events()).toContain('job.not-reconciled');
    expect((await world.status(jobId)).job.settled).toEqual(new Set([1]));
  });
});
