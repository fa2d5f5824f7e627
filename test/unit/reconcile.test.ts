/** Tests reconcile: every stalled job ends, and a job with progress is left alone. */
import { describe, expect, test } from '@jest/globals';
import { InconsistentStoreError } from '../../src/domain/errors.ts';
import { deriveStatus } from '../../src/domain/job.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import { NOW, TENANT, TRACE, aJob, anId } from '../support/builders.ts';
import { UseCaseRig, readFirstChunk } from '../support/use-case-rig.ts';

const makePaused = (count: number) => Array<object>(count).fill({});

describe('reconcile', () => {
  test('leaves a job that is not due alone', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups(...makePaused(3)));
    rig.queue.sent.length = 0;
    rig.time += 599_999;
    await rig.reconcile();
    expect(rig.queue.sent).toEqual([]);
  });

  test('sends the unsettled chunks of a stalled job again', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups(...makePaused(5)));
    const [first] = rig.queue.sent.splice(0);
    if (first !== undefined) await rig.run(first);
    rig.time += 600_000;
    await rig.reconcile();
    // The job had progress since its creation, so its chunks are sent again at the next look at the earliest.
    expect(rig.queue.sent).toEqual([]);
    rig.time += 600_000;
    await rig.reconcile();
    expect(rig.queue.sent.map(({ chunk }) => chunk.index)).toEqual([1, 2]);
    await rig.drain();
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
  });

  test('sends chunks once if two runs overlap', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups(...makePaused(5)));
    rig.queue.sent.length = 0;
    rig.time += 600_000;
    await Promise.all([rig.reconcile(), rig.reconcile()]);
    expect(rig.queue.sent).toHaveLength(3);
    expect(rig.listRaces()).toEqual(['postpone']);
  });

  test('works on all due jobs, page by page, the longest due first', async () => {
    const rig = new UseCaseRig();
    const created: string[] = [];
    for (let i = 0; i < 35; i += 1) {
      rig.time = NOW + i * 1000;
      created.push((await rig.create(rig.addTargetGroups({}))).jobId);
    }
    rig.queue.sent.length = 0;
    rig.time += 600_000;
    await rig.reconcile();
    const order = rig.queue.sent.map(({ chunk }) => chunk.jobId);
    expect(order).toHaveLength(35);
    expect([...order].sort()).toEqual([...created].sort());
    // Reconcile works on two jobs at once, so neighbours may change places.
    for (const [i, jobId] of order.entries()) expect(Math.abs(created.indexOf(jobId) - i)).toBeLessThan(2);
  });

  test('leaves the rest to the next run when its time is up', async () => {
    const rig = new UseCaseRig();
    for (let i = 0; i < 5; i += 1) await rig.create(rig.addTargetGroups({}));
    rig.queue.sent.length = 0;
    rig.time += 600_000;
    await rig.reconcile(rig.time);
    expect(rig.queue.sent).toEqual([]);
    await rig.reconcile();
    expect(rig.queue.sent).toHaveLength(5);
  });

  test('takes an ended job out of the index if its last worker died before that', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
    const close = rig.jobs.close.bind(rig.jobs);
    rig.jobs.close = () => Promise.reject(new Error('killed'));
    await expect(rig.drain()).rejects.toThrow('killed');
    rig.jobs.close = close;
    expect((await rig.readJob(jobId)).job).toMatchObject({ open: true });
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
    rig.time += 600_000;
    await rig.reconcile();
    expect((await rig.readJob(jobId)).job).toMatchObject({ open: false });
    expect(rig.listEvents()).toContain('job.finished');
  });

  test('counts the open jobs in every run, with the age of the oldest', async () => {
    const rig = new UseCaseRig();
    await rig.reconcile();
    await rig.create(rig.addTargetGroups({}));
    rig.time += 59_999;
    await rig.create(rig.addTargetGroups({}));
    await rig.reconcile();
    await rig.drain();
    await rig.reconcile();
    expect(rig.entries.filter(({ event }) => event === 'open-jobs.counted')).toEqual(
      [
        { count: 0, oldestSeconds: 0 },
        { count: 2, oldestSeconds: 59 },
        { count: 0, oldestSeconds: 0 },
      ].map((counted) => ({ event: 'open-jobs.counted', complete: true, ...counted })),
    );
  });

  test('ends its counting before it fails', async () => {
    const rig = new UseCaseRig();
    const counting = Promise.withResolvers<undefined>();
    rig.openJobs.count = async () => {
      await counting.promise;
      return { count: 0, oldestCreatedAt: undefined, next: undefined };
    };
    rig.openJobs.findDue = () => {
      setImmediate(() => {
        counting.resolve(undefined);
      });
      return Promise.reject(new Error('the store failed'));
    };
    await expect(rig.reconcile()).rejects.toThrow('the store failed');
    expect(rig.entries.map(({ event }) => event)).toEqual(['open-jobs.counted']);
  });

  test('counts open jobs in at most 20 pages of 5,000', async () => {
    const rig = new UseCaseRig();
    const limits: number[] = [];
    rig.openJobs.count = (limit, after) => {
      limits.push(limit);
      const next = { ...TENANT, jobId: `${after?.jobId ?? ''}x`, dueAt: '' };
      return Promise.resolve({
        count: limit,
        oldestCreatedAt: formatTimestamp(NOW - limits.length * 1000),
        next,
      });
    };
    await rig.reconcile();
    expect(limits).toEqual(Array(20).fill(5_000));
    expect(rig.entries).toEqual([
      { event: 'open-jobs.counted', count: 100_000, oldestSeconds: 20, complete: false },
    ]);
    limits.length = 0;
    await rig.reconcile(rig.time);
    expect(limits).toHaveLength(1);
  });

  test('does its work even if it cannot count the open jobs', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    rig.queue.sent.length = 0;
    rig.openJobs.count = () => Promise.reject(new Error('no index'));
    rig.time += 600_000;
    await rig.reconcile();
    expect(rig.queue.sent).toHaveLength(1);
    expect(rig.listEvents()).toContain('open-jobs.not-counted');
  });

  test('reports tenant, action and trace of every job that it acts on', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    const subject = { ...TENANT, action: 'resume', jobId };
    const { traceparent } = TRACE;
    rig.time += 600_000;
    await rig.reconcile();
    expect(rig.findSubject('job.re-enqueued')).toEqual({ ...subject, traceparent });
    rig.queue.send = () => Promise.reject(new Error('no queue'));
    rig.time += 600_000;
    await rig.reconcile();
    expect(rig.findSubject('job.not-reconciled')).toEqual({ ...subject, traceparent });
    rig.time = NOW + rig.settings.deadlineMs;
    await rig.reconcile();
    expect(rig.findSubject('job.deadline-passed')).toEqual({ ...subject, traceparent });
    expect(rig.findSubject('chunk.settled')).toEqual({ ...subject, traceparent, chunk: 0 });
  });

  test('works on the other jobs if one job fails', async () => {
    const rig = new UseCaseRig();
    const bad = await rig.create(rig.addTargetGroups({}));
    const good = await rig.create(rig.addTargetGroups({}));
    rig.queue.sent.length = 0;
    const request = rig.jobs.readRequest.bind(rig.jobs);
    rig.jobs.readRequest = (job) =>
      job.jobId === bad.jobId ? Promise.reject(new Error('no')) : request(job);
    rig.time += 600_000;
    await rig.reconcile();
    expect(rig.queue.sent.map(({ chunk }) => chunk.jobId)).toEqual([good.jobId]);
    expect(rig.entries).toContainEqual(
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
    const rig = new UseCaseRig();
    const [id = ''] = rig.addTargetGroups({});
    const dueAt = new Map<string, number>();
    // Every fan-out was lost, and no chunk that is sent again arrives.
    const create = async () => {
      const due = rig.time + rig.settings.stalledMs;
      const job = aJob({
        jobId: anId('J'),
        createdAt: formatTimestamp(rig.time),
        total: 1,
        settled: new Set(),
      });
      await rig.jobs.saveRequest(job, { ids: [id], trace: TRACE });
      await rig.jobs.commit(job, 'creator', rig.time, formatTimestamp(due));
      dueAt.set(job.jobId, due);
    };
    for (let i = 0; i < BACKLOG; i += 1) {
      rig.time = NOW + i;
      await create();
    }
    const pages: number[] = [];
    const due = rig.jobs.findDue.bind(rig.jobs);
    rig.jobs.findDue = async (...args) => {
      rig.time += CALL_MS;
      const page = await due(...args);
      pages.push(page.length);
      return page;
    };
    const find = rig.jobs.find.bind(rig.jobs);
    rig.jobs.find = (...args) => {
      rig.time += CALL_MS;
      return find(...args);
    };
    const seen: string[] = [];
    rig.queue.send = (work) => {
      rig.time += CALL_MS;
      for (const { chunk } of work) seen.push(chunk.jobId);
      return Promise.resolve();
    };

    rig.time += rig.settings.stalledMs;
    let latest = 0;
    for (let young = 0; seen.length < BACKLOG;) {
      const start = rig.time;
      const before = seen.length;
      await rig.reconcile(start + RUN_MS);
      expect(rig.time - start).toBeLessThan(RUN_MS + 10 * CALL_MS);
      expect(seen.length).toBeGreaterThan(before);
      for (const jobId of seen.slice(before)) {
        latest = Math.max(latest, rig.time - (dueAt.get(jobId) ?? 0));
      }
      rig.time = start + MINUTE;
      if (young < 10) await create();
      young += 1;
    }
    expect(Math.max(...pages)).toBe(rig.settings.pageSize);
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
  const reconcileAtDeadline = async (rig: UseCaseRig) => {
    rig.time = NOW + rig.settings.deadlineMs;
    await rig.reconcile();
  };

  test('target groups that were moved are updated, ineligible ones are refused, and the rest are InternalError', async () => {
    const rig = new UseCaseRig();
    const [moved = '', untouched = '', draft = '', live = ''] = rig.addTargetGroups(
      {},
      {},
      { status: 'draft' },
      { status: 'live' },
    );
    const unknown = anId('U');
    const { jobId } = await rig.create([moved, untouched, draft, live, unknown]);
    const work = rig.queue.sent.splice(0).find(({ ids }) => ids.includes(moved));
    const move = rig.groups.move.bind(rig.groups);
    rig.groups.move = (key, asked) =>
      key.targetGroupId === moved ? move(key, asked) : Promise.reject(new Error('killed'));
    if (work !== undefined) await rig.run(work).catch(() => undefined);
    rig.groups.move = move;
    await rig.change(moved, { status: 'paused' });

    await reconcileAtDeadline(rig);
    const { job, outcomes } = await rig.readJob(jobId);
    expect(deriveStatus(job)).toBe('Failed');
    expect(job.open).toBe(false);
    const codes = new Map(outcomes.map(({ targetGroupId, failure }) => [targetGroupId, failure?.code]));
    expect(codes.get(moved)).toBeUndefined();
    expect(codes.get(live)).toBeUndefined();
    expect(codes.get(untouched)).toBe('InternalError');
    expect(codes.get(draft)).toBe('StatusTransitionNotAllowed');
    expect(codes.get(unknown)).toBe('TargetGroupNotFound');
    expect(await rig.readGroup(untouched)).toMatchObject({ status: 'paused', version: 3 });
  });

  test('a job without an InternalError is Completed', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({ status: 'live' }, { status: 'archived' }));
    await reconcileAtDeadline(rig);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
  });

  test('a message that is delivered later changes nothing', async () => {
    const rig = new UseCaseRig();
    const [id = ''] = rig.addTargetGroups({});
    const { jobId } = await rig.create([id]);
    const work = readFirstChunk(rig);
    await reconcileAtDeadline(rig);
    const before = await rig.readJob(jobId);
    await rig.run(work);
    expect(await rig.readJob(jobId)).toEqual(before);
    expect(await rig.readGroup(id)).toMatchObject({ status: 'paused', version: 3 });
  });

  test('a claimed chunk is left to its owner, and is settled when the claim has ended', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups(...makePaused(4)));
    const { chunk } = readFirstChunk(rig);
    const deadline = NOW + rig.settings.deadlineMs;
    await rig.jobs.claim(chunk, 'worker', deadline - 1, deadline + 1000);
    await reconcileAtDeadline(rig);
    expect((await rig.readJob(jobId)).job.settled).toEqual(new Set([1]));
    rig.time = deadline + 60_000;
    await rig.reconcile();
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Failed');
  });

  test('a damaged target group does not keep the job open', async () => {
    const rig = new UseCaseRig();
    const [bad = '', good = ''] = rig.addTargetGroups({}, { status: 'live' });
    const { jobId } = await rig.create([bad, good]);
    const find = rig.groups.find.bind(rig.groups);
    rig.groups.find = (key) =>
      key.targetGroupId === bad ? Promise.reject(new InconsistentStoreError('not ours')) : find(key);
    await reconcileAtDeadline(rig);
    const { outcomes } = await rig.readJob(jobId);
    expect(outcomes.find(({ targetGroupId }) => targetGroupId === bad)?.failure?.code).toBe('InternalError');
    expect(outcomes.find(({ targetGroupId }) => targetGroupId === good)?.failure).toBeUndefined();
  });

  test('a look shortly before the deadline is followed by one at the deadline', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    rig.time = NOW + rig.settings.deadlineMs - 1000;
    await rig.reconcile();
    rig.time = NOW + rig.settings.deadlineMs;
    await rig.reconcile();
    expect(rig.listEvents()).toContain('job.deadline-passed');
  });

  test('a run whose time is up leaves further chunks to the next run', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups(...makePaused(6)));
    rig.time = NOW + rig.settings.deadlineMs;
    const settle = rig.jobs.settle.bind(rig.jobs);
    rig.jobs.settle = (...args) => {
      rig.time += 1000;
      return settle(...args);
    };
    await rig.reconcile(rig.time + 1500);
    expect((await rig.readJob(jobId)).job.settled.size).toBe(2);
    rig.time += 60_000;
    await rig.reconcile();
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Failed');
  });

  test('a job ends even if the store never answers', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, { status: 'live' }));
    rig.groups.find = () => Promise.reject(new Error('no answer'));
    await reconcileAtDeadline(rig);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Processing');
    expect(rig.listEvents()).toContain('chunk.handed-back');
    rig.time = NOW + 2 * rig.settings.deadlineMs;
    await rig.reconcile();
    const { job, outcomes } = await rig.readJob(jobId);
    expect(deriveStatus(job)).toBe('Failed');
    expect(outcomes.map(({ failure }) => failure?.description)).toEqual(
      Array(2).fill(
        'The target group could be neither processed nor read. Whether it was changed, its fielding run shows.',
      ),
    );
  });

  test('a target group whose read failed when the time of a run was up is read again by the next run', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({ status: 'live' }, { status: 'live' }));
    const find = rig.groups.find.bind(rig.groups);
    rig.groups.find = () => Promise.reject(new Error('throttled'));
    rig.time = NOW + 2 * rig.settings.deadlineMs;
    // The time is enough for one try and a pause of 50 ms, but not for all tries.
    await rig.reconcile(rig.time + 120);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Processing');
    expect(rig.listEvents()).toContain('chunk.handed-back');
    rig.groups.find = find;
    rig.time += 60_000;
    await rig.reconcile();
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
  });

  describe('when each read takes so long that no run has the time for all tries', () => {
    const RUN_MS = 40_000;
    const makeSlowRig = async () => {
      const rig = new UseCaseRig();
      const { jobId } = await rig.create(rig.addTargetGroups(...Array<object>(6).fill({ status: 'live' })));
      rig.settings.parallelism = 1;
      rig.groups.find = async () => {
        rig.time += 15_000;
        return Promise.reject(new Error('no answer'));
      };
      return { rig, jobId, status: async () => deriveStatus((await rig.readJob(jobId)).job) };
    };

    test('the job waits until 15 minutes past twice the deadline, and then every run settles a chunk', async () => {
      const { rig, jobId, status } = await makeSlowRig();
      rig.time = NOW + 2 * rig.settings.deadlineMs + 14 * 60_000;
      await rig.reconcile(rig.time + RUN_MS);
      expect((await rig.readJob(jobId)).job.settled.size).toBe(0);
      rig.time = NOW + 2 * rig.settings.deadlineMs + 15 * 60_000;
      for (let run = 1; run <= 3; run += 1) {
        expect(await status()).toBe('Processing');
        await rig.reconcile(rig.time + RUN_MS);
        expect((await rig.readJob(jobId)).job.settled.size).toBe(run);
        rig.time += 60_000;
      }
      expect(await status()).toBe('Failed');
    });

    test('a chunk that is taken up late in a run waits for the next one', async () => {
      const { rig, jobId } = await makeSlowRig();
      rig.time = NOW + 2 * rig.settings.deadlineMs + 15 * 60_000;
      await rig.reconcile(rig.time + RUN_MS / 2 - 1);
      expect((await rig.readJob(jobId)).job.settled.size).toBe(0);
    });
  });

  test('a job stays open while the store fails, and no outcome is guessed', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    const find = rig.groups.find.bind(rig.groups);
    rig.groups.find = () => Promise.reject(new Error('throttled'));
    await reconcileAtDeadline(rig);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Processing');
    rig.groups.find = find;
    rig.time += 60_000;
    await rig.reconcile();
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Failed');
  });
});
