/** Tests reconcile: every stalled job ends, and a job with progress is left alone. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { EnqueueFailedError, InconsistentStoreError } from '../../src/domain/errors.ts';
import { OPEN_JOBS_SHARDS, computeShard } from '../../src/domain/digest.ts';
import { deriveStatus } from '../../src/domain/job.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import { NOW, TENANT, TRACE, aLook, anId, makeIds } from '../support/builders.ts';
import { UseCaseRig, readFirstChunk } from '../support/use-case-rig.ts';
import { expectBacklogReached } from './backlog-of-jobs.ts';

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
    expect(rig.listEvents()).not.toContain('job.not-reconciled');
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

  test('works on all due jobs, the longest due first', async () => {
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
    // It reads the job after the last that it has the time for.
    const find = rig.jobs.find.bind(rig.jobs);
    rig.jobs.find = (...args) => {
      rig.time += 35;
      return find(...args);
    };
    // Two at once, and 40 of its 100 ms for looks.
    await rig.reconcile(rig.time + 100);
    expect(rig.queue.sent).toHaveLength(2);
    await rig.reconcile();
    expect(rig.queue.sent).toHaveLength(5);
  });

  test('reads the index for a quarter of its time', async () => {
    const rig = new UseCaseRig();
    const readShard = rig.openJobs.readShard.bind(rig.openJobs);
    rig.openJobs.readShard = (shard, _limit, start) => {
      if (shard === computeShard(TENANT.accountId)) rig.time += 12;
      return readShard(shard, 1, start);
    };
    const ids = rig.addTargetGroups({});
    for (let i = 0; i < 4; i += 1) await rig.create(ids);
    await rig.reconcile(rig.time + 100);
    // The third page begins after 24 ms.
    expect(rig.entries).toContainEqual(expect.objectContaining({ count: 3, complete: false }));
    await rig.reconcile(rig.time + 1_000);
    expect(rig.entries).toContainEqual(expect.objectContaining({ count: 4, complete: true }));
  });

  test('takes an ended job out of the index if its last worker died before that', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
    const close = rig.jobs.close.bind(rig.jobs);
    rig.jobs.close = () => Promise.reject(new Error('killed'));
    await expect(rig.drain()).rejects.toThrow('killed');
    rig.jobs.close = close;
    expect((await rig.readJob(jobId)).job).toHaveProperty('look.dueAt');
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
    rig.time += 600_000;
    await rig.reconcile();
    expect((await rig.readJob(jobId)).job).toHaveProperty('look', undefined);
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

  test('fails if it cannot read the index at all', async () => {
    const rig = new UseCaseRig();
    rig.openJobs.readShard = () => Promise.reject(new Error('no index'));
    await expect(rig.reconcile()).rejects.toThrow('no index');
    expect(rig.listEvents()).toEqual(['open-jobs.not-counted']);
  });

  test('does its work in the other shards if it cannot read one', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    rig.queue.sent.length = 0;
    const readShard = rig.openJobs.readShard.bind(rig.openJobs);
    const lost = (computeShard(TENANT.accountId) + 1) % OPEN_JOBS_SHARDS;
    rig.openJobs.readShard = (shard, ...rest) =>
      shard === lost ? Promise.reject(new Error('throttled')) : readShard(shard, ...rest);
    rig.time += 600_000;
    await rig.reconcile();
    expect(rig.queue.sent).toHaveLength(1);
    expect(rig.listEvents()).toContain('open-jobs.not-counted');
  });

  test('asks for the length of the queues only if a job is due', async () => {
    const rig = new UseCaseRig();
    const asked: string[] = [];
    for (const name of ['queue', 'giveUps'] as const) {
      rig[name].countMessages = () => {
        asked.push(name);
        return Promise.resolve(0);
      };
    }
    await rig.create(rig.addTargetGroups({}));
    await rig.reconcile();
    expect(asked).toEqual([]);
    rig.time += 600_000;
    await rig.reconcile();
    expect(asked).toEqual(['queue', 'giveUps']);
  });

  describe('with more than ten messages per worker in the queue', () => {
    /** Creates jobs of a second each, and makes all of them due. @returns the indexes of those sent again */
    async function findResent(jobs: readonly { accountId: number; total: number }[], waiting: number) {
      const rig = new UseCaseRig();
      rig.settings.workers = 1;
      rig.queue.countMessages = () => Promise.resolve(waiting);
      const created: string[] = [];
      for (const { accountId, total } of jobs) {
        rig.time += 1_000;
        const tenant = { ...TENANT, accountId };
        rig.groups.addProject(tenant);
        const key = { ...tenant, action: 'resume', idempotencyKey: anId('K') } as const;
        created.push((await rig.create(makeIds(total), key.idempotencyKey, { key })).jobId);
      }
      rig.queue.sent.length = 0;
      rig.entries.length = 0;
      rig.time += 600_000;
      await rig.reconcile();
      const resent = new Set(rig.queue.sent.map(({ chunk }) => created.indexOf(chunk.jobId)));
      return { rig, resent: [...resent].sort((a, b) => a - b) };
    }

    const makeJobs = (count: number, accountId: number, total = 1) =>
      Array.from({ length: count }, () => ({ accountId, total }));

    test('sends no job again whose account has older jobs of as many chunks, and says of how many', async () => {
      const { rig, resent } = await findResent(makeJobs(13, 1), 11);
      // Ten messages and fewer explain nothing.
      expect(resent).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(rig.entries).toContainEqual({ event: 'resends.withheld', jobs: 2 });
      expect(rig.listEvents()).not.toContain('job.not-reconciled');
      expect((await findResent(makeJobs(13, 1), 10)).resent).toHaveLength(13);
    });

    test('counts the chunks of a large job, of which each has two target groups', async () => {
      expect((await findResent([...makeJobs(1, 1, 22), ...makeJobs(1, 1)], 11)).resent).toEqual([0]);
      expect((await findResent([...makeJobs(1, 1, 20), ...makeJobs(1, 1)], 11)).resent).toEqual([0, 1]);
    });

    test('sends the job of a quiet account again, however much others have open', async () => {
      const jobs = [...makeJobs(20, 1), ...makeJobs(1, 2), ...makeJobs(20, 1)];
      expect((await findResent(jobs, 1_000)).resent).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20]);
    });
  });

  test('takes a queue that does not answer for an empty one', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    rig.queue.sent.length = 0;
    rig.queue.countMessages = () => Promise.reject(new Error('no answer'));
    rig.giveUps.countMessages = () => Promise.reject(new Error('no answer'));
    rig.time += 600_000;
    await rig.reconcile();
    expect(rig.queue.sent).toHaveLength(1);
  });

  test('looks after a quiet account’s job before the second of a flood', async () => {
    const rig = new UseCaseRig();
    const floodOf = async (accountId: number, jobs: number) => {
      const tenant = { ...TENANT, accountId };
      rig.groups.addProject(tenant);
      for (let i = 0; i < jobs; i += 1) {
        const key = { ...tenant, action: 'resume', idempotencyKey: anId('K') } as const;
        await rig.create([anId()], key.idempotencyKey, { key });
      }
    };
    await floodOf(1, 20);
    rig.time += 1_000;
    await floodOf(2, 1);
    rig.queue.sent.length = 0;
    rig.time += 600_000;
    await rig.reconcile();
    // Two at once.
    expect(
      rig.queue.sent
        .slice(0, 2)
        .map(({ chunk }) => chunk.accountId)
        .sort(),
    ).toEqual([1, 2]);
    expect(rig.queue.sent).toHaveLength(21);
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
    rig.time += 1_200_000;
    await rig.reconcile();
    expect(rig.findSubject('job.not-reconciled')).toEqual({ ...subject, traceparent });
    rig.time = NOW + rig.settings.deadlineMs;
    await rig.reconcile();
    expect(rig.findSubject('job.deadline-passed')).toEqual({ ...subject, traceparent });
    rig.time = NOW + 1.5 * rig.settings.deadlineMs;
    await rig.reconcile();
    expect(rig.findSubject('job.last-resort')).toEqual({ ...subject, traceparent });
    expect(rig.findSubject('chunk.settled')).toEqual({ ...subject, traceparent, chunk: 0 });
  });

  describe('that cannot send what a look has decided', () => {
    /** Makes a stalled job of three chunks, and a function that runs reconcile after so many ms. */
    async function aStalledJob() {
      const rig = new UseCaseRig();
      const { jobId } = await rig.create(rig.addTargetGroups(...makePaused(5)));
      rig.queue.sent.length = 0;
      const lookIn = async (ms: number) => {
        rig.time += ms;
        await rig.reconcile();
        return (await rig.readJob(jobId)).job.look;
      };
      return { rig, jobId, lookIn };
    }

    const refuseAll = (work: readonly unknown[]) =>
      Promise.reject(new EnqueueFailedError(work.length, work.length));

    test('counts no resend, and tries again in the next run', async () => {
      const { rig, lookIn } = await aStalledJob();
      const send = rig.queue.send.bind(rig.queue);
      rig.queue.send = refuseAll;
      // A write that a run does not await is lost when Lambda stops the instance.
      const postpone = rig.openJobs.postpone.bind(rig.openJobs);
      rig.openJobs.postpone = async (...args) => {
        await pause(1);
        return postpone(...args);
      };
      for (const waited of [600_000, 60_000, 60_000]) {
        const look = await lookIn(waited);
        expect(look).toMatchObject({ dueAt: formatTimestamp(rig.time + 30_000), resends: 0 });
      }
      expect(rig.listEvents().filter((event) => event === 'job.not-reconciled')).toHaveLength(3);
      rig.queue.send = send;
      expect(await lookIn(60_000)).toMatchObject({ resends: 1 });
      expect(rig.queue.sent).toHaveLength(3);
    });

    test('does the same when the ids of the job cannot be read', async () => {
      const { rig, lookIn } = await aStalledJob();
      const readRequest = rig.jobs.readRequest.bind(rig.jobs);
      rig.jobs.readRequest = () => Promise.reject(new Error('throttled'));
      expect(await lookIn(600_000)).toMatchObject({ resends: 0 });
      rig.jobs.readRequest = readRequest;
      expect(await lookIn(60_000)).toMatchObject({ resends: 1 });
      expect(rig.queue.sent).toHaveLength(3);
    });

    test('counts no give-up, and tries again in the next run', async () => {
      const { rig, lookIn } = await aStalledJob();
      const send = rig.giveUps.send.bind(rig.giveUps);
      rig.giveUps.send = refuseAll;
      expect(await lookIn(rig.settings.deadlineMs)).toMatchObject({ giveUps: 0 });
      rig.giveUps.send = send;
      expect(await lookIn(60_000)).toMatchObject({ giveUps: 1 });
      expect(rig.giveUps.sent).toHaveLength(3);
    });

    test('counts a resend of which the queue took a part: that part is there twice already', async () => {
      const { rig, lookIn } = await aStalledJob();
      rig.queue.send = (work) => Promise.reject(new EnqueueFailedError(work.length - 1, work.length));
      const look = await lookIn(600_000);
      expect(look).toMatchObject({ dueAt: formatTimestamp(rig.time + 1_200_000), resends: 1 });
      expect(rig.listEvents()).toContain('job.not-reconciled');
    });

    test('leaves a job that another run has looked at meanwhile', async () => {
      const { rig, jobId, lookIn } = await aStalledJob();
      const other = aLook({ dueAt: formatTimestamp(NOW + 700_000), resends: 1 });
      rig.queue.send = async (work) => {
        const { job } = await rig.readJob(jobId);
        if (job.look !== undefined) await rig.openJobs.postpone({ ...job, look: job.look }, other);
        return refuseAll(work);
      };
      expect(await lookIn(600_000)).toEqual(other);
    });
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

test('with 10,000 open jobs, reconcile works on the longest due first, and reaches every job', () =>
  expectBacklogReached({ jobs: 10_000, callMs: 10 }));

describe('at the deadline', () => {
  test('the unsettled chunks are sent as give-ups, and reconcile settles none itself', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups(...makePaused(5)));
    const [first] = rig.queue.sent.splice(0);
    if (first !== undefined) await rig.run(first);
    rig.time = NOW + rig.settings.deadlineMs;
    await rig.reconcile(rig.time + 40_000);
    expect(rig.queue.sent).toEqual([]);
    expect(rig.giveUps.sent.map(({ chunk, reason }) => [chunk.index, reason])).toEqual([
      [1, 'deadline'],
      [2, 'deadline'],
    ]);
    // Without a delay.
    expect(rig.giveUps.options).toEqual([{ until: rig.time + 18_000 }]);
    expect((await rig.readJob(jobId)).job.settled).toEqual(new Set([0]));
    await rig.drain();
    const { job, outcomes } = await rig.readJob(jobId);
    expect(deriveStatus(job)).toBe('Failed');
    expect(outcomes.filter(({ failure }) => failure?.code === 'InternalError')).toHaveLength(3);
  });

  test('give-ups are not sent again while their queue is full', async () => {
    const rig = new UseCaseRig();
    const old = await rig.create(makeIds(2 * (10 * rig.settings.workers + 1)));
    rig.time += 1;
    const young = await rig.create(rig.addTargetGroups({}));
    rig.time += rig.settings.deadlineMs;
    rig.giveUps.countMessages = () => Promise.resolve(10 * rig.settings.workers + 1);
    await rig.reconcile();
    expect(new Set(rig.giveUps.sent.map(({ chunk }) => chunk.jobId))).toEqual(
      new Set([old.jobId, young.jobId]),
    );
    rig.giveUps.sent.length = 0;
    rig.time += 1_200_000;
    await rig.reconcile();
    // The wait of the older job is explained by none before it.
    expect(new Set(rig.giveUps.sent.map(({ chunk }) => chunk.jobId))).toEqual(new Set([old.jobId]));
    expect(rig.entries).toContainEqual({ event: 'resends.withheld', jobs: 1 });
  });

  test('a look shortly before is followed by one at that time', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    rig.time = NOW + rig.settings.deadlineMs - 1000;
    await rig.reconcile();
    rig.time = NOW + rig.settings.deadlineMs;
    await rig.reconcile();
    expect(rig.listEvents()).toContain('job.deadline-passed');
  });
});

describe('as a last resort', () => {
  /** One and a half times the deadline after the creation of a job. */
  const LAST_RESORT = NOW + 5_400_000;
  const reconcileAtLast = async (rig: UseCaseRig) => {
    rig.time = LAST_RESORT;
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

    await reconcileAtLast(rig);
    const { job, outcomes } = await rig.readJob(jobId);
    expect(deriveStatus(job)).toBe('Failed');
    expect(job.look).toBeUndefined();
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
    await reconcileAtLast(rig);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
  });

  test('a message that is delivered later changes nothing', async () => {
    const rig = new UseCaseRig();
    const [id = ''] = rig.addTargetGroups({});
    const { jobId } = await rig.create([id]);
    const work = readFirstChunk(rig);
    await reconcileAtLast(rig);
    const before = await rig.readJob(jobId);
    await rig.run(work);
    expect(await rig.readJob(jobId)).toEqual(before);
    expect(await rig.readGroup(id)).toMatchObject({ status: 'paused', version: 3 });
  });

  test('a claimed chunk is left to its owner, and is settled when the claim has ended', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups(...makePaused(4)));
    const { chunk } = readFirstChunk(rig);
    await rig.jobs.claim(chunk, 'worker', LAST_RESORT - 1, LAST_RESORT + 1000);
    await reconcileAtLast(rig);
    expect((await rig.readJob(jobId)).job.settled).toEqual(new Set([1]));
    rig.time = LAST_RESORT + 60_000;
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
    await reconcileAtLast(rig);
    const { outcomes } = await rig.readJob(jobId);
    expect(outcomes.find(({ targetGroupId }) => targetGroupId === bad)?.failure?.code).toBe('InternalError');
    expect(outcomes.find(({ targetGroupId }) => targetGroupId === good)?.failure).toBeUndefined();
  });

  test('jobs are settled after every look at the others, with the rest of the time', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups(...makePaused(3)));
    rig.time = LAST_RESORT - rig.settings.stalledMs;
    for (let i = 0; i < 4; i += 1) await rig.create(rig.addTargetGroups({}));
    rig.time = LAST_RESORT;
    rig.entries.length = 0;
    await rig.reconcile();
    const events = rig.listEvents().filter((event) => /^job\.(re-enqueued|last-resort)$/.test(event));
    expect(events).toEqual([...Array<string>(4).fill('job.re-enqueued'), 'job.last-resort']);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Failed');
    // No give-up: the workers had half an hour for that.
    expect(rig.giveUps.sent).toEqual([]);
  });

  test('a job is settled by one of two runs that overlap', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    rig.time = LAST_RESORT;
    await Promise.all([rig.reconcile(), rig.reconcile()]);
    expect(rig.listEvents().filter((event) => event === 'chunk.settled')).toHaveLength(1);
    expect(rig.listRaces()).toEqual(['postpone']);
  });

  test('a run whose time is up leaves further chunks to the next run', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups(...makePaused(6)));
    rig.time = LAST_RESORT;
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

  test('a run whose time is up leaves further jobs to the next run, as they are', async () => {
    const rig = new UseCaseRig();
    for (let i = 0; i < 6; i += 1) await rig.create(rig.addTargetGroups({}));
    rig.time = LAST_RESORT;
    const settle = rig.jobs.settle.bind(rig.jobs);
    rig.jobs.settle = (...args) => {
      rig.time += 1000;
      return settle(...args);
    };
    const countBegun = () => rig.listEvents().filter((event) => event === 'job.last-resort').length;
    // Two at once.
    await rig.reconcile(rig.time + 1500);
    expect(countBegun()).toBe(2);
    // None of the others was put off.
    await rig.reconcile();
    expect(countBegun()).toBe(6);
  });

  test('a job ends even if the store never answers', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, { status: 'live' }));
    rig.groups.find = () => Promise.reject(new Error('no answer'));
    await reconcileAtLast(rig);
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
    await reconcileAtLast(rig);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Processing');
    rig.groups.find = find;
    rig.time += 60_000;
    await rig.reconcile();
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Failed');
  });
});
