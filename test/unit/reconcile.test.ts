/** Tests reconcile: every stalled job ends, and a job with progress is left alone. */
import { describe, expect, test } from '@jest/globals';
import { InconsistentStoreError } from '../../src/domain/errors.ts';
import { statusOf } from '../../src/domain/job.ts';
import { timestamp } from '../../src/domain/time.ts';
import { NOW, TENANT, TRACE, aJob, anId } from '../support/builders.ts';
import { World, firstWork } from '../support/world.ts';

const paused = (count: number) => Array<object>(count).fill({});

describe('reconcile', () => {
  test('leaves a job that is not due alone', async () => {
    const world = new World();
    await world.create(world.add(...paused(3)));
    world.queue.sent.length = 0;
    world.time += 599_999;
    await world.reconcile();
    expect(world.queue.sent).toEqual([]);
  });

  test('sends the unsettled chunks of a stalled job again', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add(...paused(5)));
    const [first] = world.queue.sent.splice(0);
    if (first !== undefined) await world.run(first);
    world.time += 600_000;
    await world.reconcile();
    // The job had progress since its creation, so its chunks are sent again at the next look at the earliest.
    expect(world.queue.sent).toEqual([]);
    world.time += 600_000;
    await world.reconcile();
    expect(world.queue.sent.map(({ chunk }) => chunk.index)).toEqual([1, 2]);
    await world.drain();
    expect(statusOf((await world.status(jobId)).job)).toBe('Completed');
  });

  test('sends chunks once if two runs overlap', async () => {
    const world = new World();
    await world.create(world.add(...paused(5)));
    world.queue.sent.length = 0;
    world.time += 600_000;
    await Promise.all([world.reconcile(), world.reconcile()]);
    expect(world.queue.sent).toHaveLength(3);
    expect(world.races()).toEqual(['postpone']);
  });

  test('works on all due jobs, page by page, the longest due first', async () => {
    const world = new World();
    const created: string[] = [];
    for (let i = 0; i < 35; i += 1) {
      world.time = NOW + i * 1000;
      created.push((await world.create(world.add({}))).jobId);
    }
    world.queue.sent.length = 0;
    world.time += 600_000;
    await world.reconcile();
    const order = world.queue.sent.map(({ chunk }) => chunk.jobId);
    expect(order).toHaveLength(35);
    expect([...order].sort()).toEqual([...created].sort());
    // Reconcile works on two jobs at once, so neighbours may change places.
    for (const [i, jobId] of order.entries()) expect(Math.abs(created.indexOf(jobId) - i)).toBeLessThan(2);
  });

  test('leaves the rest to the next run when its time is up', async () => {
    const world = new World();
    for (let i = 0; i < 5; i += 1) await world.create(world.add({}));
    world.queue.sent.length = 0;
    world.time += 600_000;
    await world.reconcile(world.time);
    expect(world.queue.sent).toEqual([]);
    await world.reconcile();
    expect(world.queue.sent).toHaveLength(5);
  });

  test('takes an ended job out of the index if its last worker died before that', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}, {}, {}));
    const close = world.jobs.close.bind(world.jobs);
    world.jobs.close = () => Promise.reject(new Error('killed'));
    await expect(world.drain()).rejects.toThrow('killed');
    world.jobs.close = close;
    expect((await world.status(jobId)).job).toMatchObject({ open: true });
    expect(statusOf((await world.status(jobId)).job)).toBe('Completed');
    world.time += 600_000;
    await world.reconcile();
    expect((await world.status(jobId)).job).toMatchObject({ open: false });
    expect(world.events()).toContain('job.finished');
  });

  test('counts the open jobs in every run, with the age of the oldest', async () => {
    const world = new World();
    await world.reconcile();
    await world.create(world.add({}));
    world.time += 59_999;
    await world.create(world.add({}));
    await world.reconcile();
    await world.drain();
    await world.reconcile();
    expect(world.entries.filter(({ event }) => event === 'open-jobs.counted')).toEqual(
      [
        { count: 0, oldestSeconds: 0 },
        { count: 2, oldestSeconds: 59 },
        { count: 0, oldestSeconds: 0 },
      ].map((counted) => ({ event: 'open-jobs.counted', complete: true, ...counted })),
    );
  });

  test('counts open jobs in at most 20 pages of 5,000', async () => {
    const world = new World();
    const limits: number[] = [];
    world.openJobs.count = (limit, after) => {
      limits.push(limit);
      const next = { ...TENANT, jobId: `${after?.jobId ?? ''}x`, dueAt: '' };
      return Promise.resolve({ count: limit, oldestCreatedAt: timestamp(NOW - limits.length * 1000), next });
    };
    await world.reconcile();
    expect(limits).toEqual(Array(20).fill(5_000));
    expect(world.entries).toEqual([
      { event: 'open-jobs.counted', count: 100_000, oldestSeconds: 20, complete: false },
    ]);
    limits.length = 0;
    await world.reconcile(world.time);
    expect(limits).toHaveLength(1);
  });

  test('does its work even if it cannot count the open jobs', async () => {
    const world = new World();
    await world.create(world.add({}));
    world.queue.sent.length = 0;
    world.openJobs.count = () => Promise.reject(new Error('no index'));
    world.time += 600_000;
    await world.reconcile();
    expect(world.queue.sent).toHaveLength(1);
    expect(world.events()).toContain('open-jobs.not-counted');
  });

  test('reports tenant, action and trace of every job that it acts on', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}));
    const subject = { ...TENANT, action: 'resume', jobId };
    const { traceparent } = TRACE;
    world.time += 600_000;
    await world.reconcile();
    expect(world.subjectOf('job.re-enqueued')).toEqual({ ...subject, traceparent });
    world.queue.send = () => Promise.reject(new Error('no queue'));
    world.time += 600_000;
    await world.reconcile();
    expect(world.subjectOf('job.not-reconciled')).toEqual({ ...subject, traceparent });
    world.time = NOW + world.settings.deadlineMs;
    await world.reconcile();
    expect(world.subjectOf('job.deadline-passed')).toEqual({ ...subject, traceparent });
    expect(world.subjectOf('chunk.settled')).toEqual({ ...subject, traceparent, chunk: 0 });
  });

  test('works on the other jobs if one job fails', async () => {
    const world = new World();
    const bad = await world.create(world.add({}));
    const good = await world.create(world.add({}));
    world.queue.sent.length = 0;
    const request = world.jobs.request.bind(world.jobs);
    world.jobs.request = (job) => (job.jobId === bad.jobId ? Promise.reject(new Error('no')) : request(job));
    world.time += 600_000;
    await world.reconcile();
    expect(world.queue.sent.map(({ chunk }) => chunk.jobId)).toEqual([good.jobId]);
    expect(world.entries).toContainEqual(
      expect.objectContaining({ event: 'job.not-reconciled', jobId: bad.jobId }),
    );
  });
});

describe('with 100,000 open jobs', () => {
  const BACKLOG = 100_000;
  const MINUTE = 60_000;
  /** The duration of each call to the job store or the queue. */
  const CALL_MS = 1;
  const RUN_MS = 40_000;

  test('reconcile works on the oldest first, in pages and within its time, and reaches every job', async () => {
    const world = new World();
    const [id = ''] = world.add({});
    const dueAt = new Map<string, number>();
    // Every fan-out was lost, and no chunk that is sent again arrives.
    const create = async () => {
      const due = world.time + world.settings.stalledMs;
      const job = aJob({ jobId: anId('J'), createdAt: timestamp(world.time), total: 1, settled: new Set() });
      await world.jobs.saveRequest(job, { ids: [id], trace: TRACE });
      await world.jobs.commit(job, 'creator', world.time, timestamp(due));
      dueAt.set(job.jobId, due);
    };
    for (let i = 0; i < BACKLOG; i += 1) {
      world.time = NOW + i;
      await create();
    }
    const pages: number[] = [];
    const due = world.jobs.due.bind(world.jobs);
    world.jobs.due = async (...args) => {
      world.time += CALL_MS;
      const page = await due(...args);
      pages.push(page.length);
      return page;
    };
    const find = world.jobs.find.bind(world.jobs);
    world.jobs.find = (...args) => {
      world.time += CALL_MS;
      return find(...args);
    };
    const seen: string[] = [];
    world.queue.send = (work) => {
      world.time += CALL_MS;
      for (const { chunk } of work) seen.push(chunk.jobId);
      return Promise.resolve();
    };

    world.time += world.settings.stalledMs;
    let latest = 0;
    for (let young = 0; seen.length < BACKLOG;) {
      const start = world.time;
      const before = seen.length;
      await world.reconcile(start + RUN_MS);
      expect(world.time - start).toBeLessThan(RUN_MS + 10 * CALL_MS);
      expect(seen.length).toBeGreaterThan(before);
      for (const jobId of seen.slice(before)) {
        latest = Math.max(latest, world.time - (dueAt.get(jobId) ?? 0));
      }
      world.time = start + MINUTE;
      if (young < 10) await create();
      young += 1;
    }
    expect(Math.max(...pages)).toBe(world.settings.pageSize);
    // No job is looked at again before every job was looked at.
    expect(new Set(seen).size).toBe(seen.length);
    const order = seen.map((jobId) => dueAt.get(jobId) ?? 0);
    // Reconcile works on two jobs at once, so neighbours may change places.
    const swaps = order.filter((at, i) => at < (order[i - 4] ?? 0));
    expect(swaps).toEqual([]);
    expect(latest).toBeLessThan(BACKLOG * 3 * CALL_MS * (MINUTE / RUN_MS));
  });
});

describe('past the deadline', () => {
  const late = async (world: World) => {
    world.time = NOW + world.settings.deadlineMs;
    await world.reconcile();
  };

  test('target groups that were moved are updated, ineligible ones are refused, and the rest are InternalError', async () => {
    const world = new World();
    const [moved = '', untouched = '', draft = '', live = ''] = world.add(
      {},
      {},
      { status: 'draft' },
      { status: 'live' },
    );
    const unknown = anId('U');
    const { jobId } = await world.create([moved, untouched, draft, live, unknown]);
    const work = world.queue.sent.splice(0).find(({ ids }) => ids.includes(moved));
    const move = world.groups.move.bind(world.groups);
    world.groups.move = (key, asked) =>
      key.targetGroupId === moved ? move(key, asked) : Promise.reject(new Error('killed'));
    if (work !== undefined) await world.run(work).catch(() => undefined);
    world.groups.move = move;
    await world.change(moved, { status: 'paused' });

    await late(world);
    const { job, outcomes } = await world.status(jobId);
    expect(statusOf(job)).toBe('Failed');
    expect(job.open).toBe(false);
    const codes = new Map(outcomes.map(({ targetGroupId, failure }) => [targetGroupId, failure?.code]));
    expect(codes.get(moved)).toBeUndefined();
    expect(codes.get(live)).toBeUndefined();
    expect(codes.get(untouched)).toBe('InternalError');
    expect(codes.get(draft)).toBe('StatusTransitionNotAllowed');
    expect(codes.get(unknown)).toBe('TargetGroupNotFound');
    expect(await world.group(untouched)).toMatchObject({ status: 'paused', version: 3 });
  });

  test('a job without an InternalError is Completed', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({ status: 'live' }, { status: 'archived' }));
    await late(world);
    expect(statusOf((await world.status(jobId)).job)).toBe('Completed');
  });

  test('a message that is delivered later changes nothing', async () => {
    const world = new World();
    const [id = ''] = world.add({});
    const { jobId } = await world.create([id]);
    const work = firstWork(world);
    await late(world);
    const before = await world.status(jobId);
    await world.run(work);
    expect(await world.status(jobId)).toEqual(before);
    expect(await world.group(id)).toMatchObject({ status: 'paused', version: 3 });
  });

  test('a claimed chunk is left to its owner, and is settled when the claim has ended', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add(...paused(4)));
    const { chunk } = firstWork(world);
    const deadline = NOW + world.settings.deadlineMs;
    await world.jobs.claim(chunk, 'worker', deadline - 1, deadline + 1000);
    await late(world);
    expect((await world.status(jobId)).job.settled).toEqual(new Set([1]));
    world.time = deadline + 60_000;
    await world.reconcile();
    expect(statusOf((await world.status(jobId)).job)).toBe('Failed');
  });

  test('a damaged target group does not keep the job open', async () => {
    const world = new World();
    const [bad = '', good = ''] = world.add({}, { status: 'live' });
    const { jobId } = await world.create([bad, good]);
    const find = world.groups.find.bind(world.groups);
    world.groups.find = (key) =>
      key.targetGroupId === bad ? Promise.reject(new InconsistentStoreError('not ours')) : find(key);
    await late(world);
    const { outcomes } = await world.status(jobId);
    expect(outcomes.find(({ targetGroupId }) => targetGroupId === bad)?.failure?.code).toBe('InternalError');
    expect(outcomes.find(({ targetGroupId }) => targetGroupId === good)?.failure).toBeUndefined();
  });

  test('a look shortly before the deadline is followed by one at the deadline', async () => {
    const world = new World();
    await world.create(world.add({}));
    world.time = NOW + world.settings.deadlineMs - 1000;
    await world.reconcile();
    world.time = NOW + world.settings.deadlineMs;
    await world.reconcile();
    expect(world.events()).toContain('job.deadline-passed');
  });

  test('a run whose time is up leaves further chunks to the next run', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add(...paused(6)));
    world.time = NOW + world.settings.deadlineMs;
    const settle = world.jobs.settle.bind(world.jobs);
    world.jobs.settle = (...args) => {
      world.time += 1000;
      return settle(...args);
    };
    await world.reconcile(world.time + 1500);
    expect((await world.status(jobId)).job.settled.size).toBe(2);
    world.time += 60_000;
    await world.reconcile();
    expect(statusOf((await world.status(jobId)).job)).toBe('Failed');
  });

  test('a job ends even if the store never answers', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}, { status: 'live' }));
    world.groups.find = () => Promise.reject(new Error('no answer'));
    await late(world);
    expect(statusOf((await world.status(jobId)).job)).toBe('Processing');
    expect(world.events()).toContain('chunk.handed-back');
    world.time = NOW + 2 * world.settings.deadlineMs;
    await world.reconcile();
    const { job, outcomes } = await world.status(jobId);
    expect(statusOf(job)).toBe('Failed');
    expect(outcomes.map(({ failure }) => failure?.description)).toEqual(
      Array(2).fill(
        'The target group could be neither processed nor read. Whether it was changed, its fielding run shows.',
      ),
    );
  });

  test('a target group whose read failed when the time of a run was up is read again by the next run', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({ status: 'live' }, { status: 'live' }));
    const find = world.groups.find.bind(world.groups);
    world.groups.find = () => Promise.reject(new Error('throttled'));
    world.time = NOW + 2 * world.settings.deadlineMs;
    // The time is enough for one try and a pause of 50 ms, but not for all tries.
    await world.reconcile(world.time + 120);
    expect(statusOf((await world.status(jobId)).job)).toBe('Processing');
    expect(world.events()).toContain('chunk.handed-back');
    world.groups.find = find;
    world.time += 60_000;
    await world.reconcile();
    expect(statusOf((await world.status(jobId)).job)).toBe('Completed');
  });

  describe('when each read takes so long that no run has the time for all tries', () => {
    const RUN_MS = 40_000;
    const slow = async () => {
      const world = new World();
      const { jobId } = await world.create(world.add(...Array<object>(6).fill({ status: 'live' })));
      world.settings.parallelism = 1;
      world.groups.find = async () => {
        world.time += 15_000;
        return Promise.reject(new Error('no answer'));
      };
      return { world, jobId, status: async () => statusOf((await world.status(jobId)).job) };
    };

    test('the job waits until 15 minutes past twice the deadline, and then every run settles a chunk', async () => {
      const { world, jobId, status } = await slow();
      world.time = NOW + 2 * world.settings.deadlineMs + 14 * 60_000;
      await world.reconcile(world.time + RUN_MS);
      expect((await world.status(jobId)).job.settled.size).toBe(0);
      world.time = NOW + 2 * world.settings.deadlineMs + 15 * 60_000;
      for (let run = 1; run <= 3; run += 1) {
        expect(await status()).toBe('Processing');
        await world.reconcile(world.time + RUN_MS);
        expect((await world.status(jobId)).job.settled.size).toBe(run);
        world.time += 60_000;
      }
      expect(await status()).toBe('Failed');
    });

    test('a chunk that is taken up late in a run waits for the next one', async () => {
      const { world, jobId } = await slow();
      world.time = NOW + 2 * world.settings.deadlineMs + 15 * 60_000;
      await world.reconcile(world.time + RUN_MS / 2 - 1);
      expect((await world.status(jobId)).job.settled.size).toBe(0);
    });
  });

  test('a job stays open while the store fails, and no outcome is guessed', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}));
    const find = world.groups.find.bind(world.groups);
    world.groups.find = () => Promise.reject(new Error('throttled'));
    await late(world);
    expect(statusOf((await world.status(jobId)).job)).toBe('Processing');
    world.groups.find = find;
    world.time += 60_000;
    await world.reconcile();
    expect(statusOf((await world.status(jobId)).job)).toBe('Failed');
  });
});
