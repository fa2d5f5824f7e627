/** Tests what the use cases note, entry by entry: operators count, alarm and search by every field of it. */
import { describe, expect, test } from '@jest/globals';
import { createJob, requireProject } from '../../src/application/create-job.ts';
import { getFieldingRun } from '../../src/application/get-fielding-run.ts';
import { OPEN_JOBS_SHARDS, computeShard } from '../../src/domain/digest.ts';
import { ChunkTakenError, ChunkUnfinishedError, ThrottledError } from '../../src/domain/errors.ts';
import { CREATOR, NOW, TENANT, TRACE, anId } from '../support/builders.ts';
import { UseCaseRig, readFirstChunk } from '../support/use-case-rig.ts';

const SUBJECT = { ...TENANT, action: 'resume' };
const failure = new Error('no answer');

/** The error that a call is rejected with. */
const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a creation notes', () => {
  test('the job with its size, and that its chunks were sent', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
    expect(rig.entries).toEqual([
      { event: 'job.created', jobId, ...SUBJECT, targetGroups: 3, chunks: 2 },
      { event: 'fan-out.sent', jobId, chunks: 2 },
    ]);
    for (const event of ['job.created', 'fan-out.sent'] as const) {
      expect(rig.findSubject(event)).toEqual({ ...SUBJECT, jobId });
    }
  });

  test('why the chunks could not be sent', async () => {
    const rig = new UseCaseRig();
    rig.queue.send = () => Promise.reject(failure);
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    expect(rig.entries.slice(1)).toEqual([{ event: 'fan-out.failed', jobId, cause: failure }]);
  });

  test('that a call was a repeat, and only then', async () => {
    const rig = new UseCaseRig();
    const asked = rig.addTargetGroups({});
    const { jobId } = await rig.create(asked, 'key');
    rig.entries.length = 0;
    await rig.create(asked, 'key');
    expect(rig.entries).toEqual([{ event: 'job.replayed', jobId, ...TENANT }]);
  });

  test('that it was committed by another call first', async () => {
    const rig = new UseCaseRig();
    const asked = rig.addTargetGroups({});
    const { jobId } = await rig.create(asked, 'key');
    rig.entries.length = 0;
    rig.once.forget();
    await rig.create(asked, 'key');
    expect(rig.entries).toEqual([
      { event: 'race.lost', race: 'commit', jobId },
      { event: 'job.replayed', jobId, ...TENANT },
    ]);
  });

  test('why the idempotency table had no answer, and goes on', async () => {
    const rig = new UseCaseRig();
    rig.once.run = () => Promise.resolve({ kind: 'unknown', cause: failure });
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    expect(rig.entries.map(({ event }) => event)).toEqual([
      'idempotency.bypassed',
      'job.created',
      'fan-out.sent',
    ]);
    expect(rig.entries[0]).toEqual({ event: 'idempotency.bypassed', jobId, cause: failure });
  });
});

test('a job has all that it was created with, and is due when it could stand still', async () => {
  const rig = new UseCaseRig();
  const commits: unknown[][] = [];
  const commit = rig.jobs.commit.bind(rig.jobs);
  rig.jobs.commit = (...args) => {
    commits.push(args);
    return commit(...args);
  };
  rig.time = NOW + 999;
  const [id = ''] = rig.addTargetGroups({});
  const key = { ...TENANT, action: 'resume', idempotencyKey: 'key' } as const;
  const { jobId } = await createJob(rig, {
    key,
    targetGroupIds: [id],
    createdBy: CREATOR,
    trace: TRACE,
    owner: 'owner',
    answerBy: Infinity,
  });
  const job = {
    ...SUBJECT,
    jobId,
    createdAt: '2026-01-15T12:00:00.999Z',
    createdBy: CREATOR,
    bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    total: 1,
    chunkSize: 2,
    // Whole seconds, rounded down.
    expiresAt: NOW / 1000 + 86_400,
    settled: new Set(),
    broken: new Set(),
    deadlineAt: '2026-01-15T13:00:00.999Z',
    look: { dueAt: '2026-01-15T12:10:00.999Z', settled: 0, resends: 0, giveUps: 0 },
  };
  expect(commits).toEqual([[job, 'owner', NOW + 999]]);
  const { createdAt, expiresAt } = job;
  expect(rig.queue.sent).toEqual([
    {
      chunk: { ...TENANT, jobId, createdAt, expiresAt, index: 0 },
      job: { action: 'resume', createdBy: CREATOR, deadlineAt: '2026-01-15T13:00:00.999Z' },
      only: true,
      ids: [id],
      trace: TRACE,
    },
  ]);
  const saved = await rig.jobs.readRequest((await rig.readJob(jobId)).job);
  expect(saved).toEqual({ ids: [id], trace: TRACE });
});

test('a project that the account has is found, another is refused with the names of both', async () => {
  const { groups } = new UseCaseRig();
  await requireProject(groups, TENANT);
  const other = { ...TENANT, projectId: anId('P') };
  expect(await errorOf(requireProject(groups, other))).toMatchObject({
    name: 'ProjectNotFoundError',
    evidence: other,
  });
});

test('a fielding run is that of the target group, and one that is not there is refused by its name', async () => {
  const rig = new UseCaseRig();
  const [targetGroupId = ''] = rig.addTargetGroups({});
  expect(await getFieldingRun(rig.groups, { ...TENANT, targetGroupId })).toEqual(
    await rig.readGroup(targetGroupId),
  );
  const key = { ...TENANT, targetGroupId: anId() };
  expect(await errorOf(getFieldingRun(rig.groups, key))).toMatchObject({
    name: 'TargetGroupNotFoundError',
    evidence: key,
  });
});

test('a key that was used with other target groups is refused with the job that it created', async () => {
  const rig = new UseCaseRig();
  const { jobId } = await rig.create(rig.addTargetGroups({}), 'key');
  rig.once.forget();
  expect(await errorOf(rig.create(rig.addTargetGroups({}), 'key'))).toMatchObject({
    name: 'IdempotencyKeyReusedError',
    evidence: { jobId },
  });
});

test('a job that is not there is refused by its name', async () => {
  const jobId = anId('J');
  expect(await errorOf(new UseCaseRig().readJob(jobId))).toMatchObject({
    name: 'JobNotFoundError',
    evidence: { ...SUBJECT, jobId },
  });
});

describe('work on a chunk notes', () => {
  test('the claim, the outcomes, the first outcome and the end of the job, with their times', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, { status: 'draft' }));
    const work = readFirstChunk(rig);
    rig.entries.length = 0;
    rig.time += 1000;
    const move = rig.groups.move.bind(rig.groups);
    rig.groups.move = (...args) => {
      rig.time += 50;
      return move(...args);
    };
    await rig.run(work);
    expect(rig.entries).toEqual([
      { event: 'chunk.claimed', jobId, chunk: 0, begun: false },
      {
        event: 'chunk.settled',
        jobId,
        chunk: 0,
        updated: 1,
        failed: 1,
        failuresByCode: { StatusTransitionNotAllowed: 1 },
        ms: 100,
      },
      { event: 'job.first-outcome', jobId, ms: 1100 },
      { event: 'job.finished', jobId, status: 'Completed', ms: 1100 },
    ]);
    expect(rig.findSubject('chunk.settled')).toEqual({
      ...SUBJECT,
      jobId,
      chunk: 0,
      traceparent: TRACE.traceparent,
    });
  });

  test('a repeat, and who took the chunk', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
    const [first, second] = rig.queue.sent;
    if (first === undefined || second === undefined) throw new Error('two chunks are expected');
    await rig.run(first);
    rig.entries.length = 0;
    await rig.run(first);
    expect(rig.entries).toEqual([{ event: 'chunk.repeated', jobId, chunk: 0 }]);

    await rig.chunks.claim(second.chunk, 'other', rig.time, Infinity);
    rig.entries.length = 0;
    const error = await errorOf(rig.run(second));
    expect(error).toBeInstanceOf(ChunkTakenError);
    expect(error).toMatchObject({ evidence: second.chunk });
    expect(rig.entries).toEqual([{ event: 'race.lost', race: 'claim', jobId }]);
  });

  test('how many target groups are unfinished, and why', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}));
    const work = readFirstChunk(rig);
    rig.entries.length = 0;
    const throttled = new ThrottledError('too many');
    rig.groups.move = () => Promise.reject(throttled);
    const error = await errorOf(rig.run(work));
    expect(error).toBeInstanceOf(ChunkUnfinishedError);
    expect(error).toMatchObject({ evidence: work.chunk, cause: throttled });
    expect(rig.entries.slice(1)).toEqual([
      { event: 'chunk.handed-back', jobId, chunk: 0, unfinished: 2, cause: throttled },
    ]);
    // The seven tries took 50, 100, ... 1,600 ms, of both at once. Nothing was written, so the claim ends.
    expect(rig.time).toBe(NOW + 2 * 3150);
    expect(await rig.chunks.claim(work.chunk, 'next', rig.time, Infinity)).toEqual({
      kind: 'claimed',
      begun: true,
    });
  });

  test('a chunk whose job is gone, and one whose job is unknown', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    const work = readFirstChunk(rig);
    rig.entries.length = 0;
    await rig.run({ ...work, chunk: { ...work.chunk, expiresAt: NOW / 1000 } });
    expect(rig.entries).toEqual([{ event: 'chunk.expired', jobId, chunk: 0 }]);

    rig.entries.length = 0;
    const other = anId('J');
    await rig.run({ ...work, chunk: { ...work.chunk, jobId: other, index: 3 } });
    expect(rig.entries.at(-1)).toEqual({ event: 'job.unknown', jobId: other, chunk: 3 });
  });
});

describe('reconcile notes', () => {
  test('how many chunks it sent again, with the time at which it looks next', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
    rig.entries.length = 0;
    rig.queue.sent.length = 0;
    rig.time += 600_000;
    await rig.reconcile();
    expect(rig.entries).toEqual([
      { event: 'open-jobs.counted', count: 1, oldestSeconds: 600, complete: true },
      { event: 'job.re-enqueued', jobId, chunks: 2 },
    ]);
    expect(await rig.openJobs.readAccount(TENANT.accountId, 2)).toMatchObject([
      { jobId, dueAt: '2026-01-15T12:30:00.000Z' },
    ]);
  });

  test('the deadline with the number of chunks', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
    rig.entries.length = 0;
    rig.time += 3_600_000;
    await rig.reconcile();
    expect(rig.entries.slice(1)).toEqual([{ event: 'job.deadline-passed', jobId, chunks: 2 }]);
  });

  test('the last resort with the number of chunks, and then each chunk and the end', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
    rig.entries.length = 0;
    rig.time += 5_400_000;
    await rig.reconcile();
    const events = rig.entries.map(({ event }) => event);
    expect(rig.entries).toContainEqual({ event: 'job.last-resort', jobId, chunks: 2 });
    expect(events).not.toContain('job.deadline-passed');
    expect(events.filter((event) => event === 'chunk.settled')).toHaveLength(2);
    expect(rig.entries.at(-1)).toEqual({ event: 'job.finished', jobId, status: 'Failed', ms: 5_400_000 });
  });

  test('for how many jobs a full queue keeps it from sending again, once per run', async () => {
    const rig = new UseCaseRig();
    // One message before those of a job explains then that it waits.
    rig.settings.workers = 0;
    for (let i = 0; i < 3; i += 1) await rig.create(rig.addTargetGroups({}));
    rig.entries.length = 0;
    rig.queue.countMessages = () => Promise.resolve(1_000);
    rig.time += 600_000;
    await rig.reconcile();
    const withheld = rig.entries.filter(({ event }) => event === 'resends.withheld');
    expect(withheld).toEqual([{ event: 'resends.withheld', jobs: 2 }]);
  });

  test('why it could not help a job, and why it could not count the jobs', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    rig.entries.length = 0;
    rig.time += 600_000;
    rig.queue.send = () => Promise.reject(failure);
    const readShard = rig.openJobs.readShard.bind(rig.openJobs);
    const other = (computeShard(TENANT.accountId) + 1) % OPEN_JOBS_SHARDS;
    rig.openJobs.readShard = (shard, ...rest) =>
      shard === other ? Promise.reject(failure) : readShard(shard, ...rest);
    await rig.reconcile();
    expect(rig.entries).toEqual([
      { event: 'open-jobs.not-counted', cause: failure },
      { event: 'job.not-reconciled', jobId, cause: failure },
    ]);
  });

  test('the chunks that failed as a last resort, all of them as causes of one entry', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
    rig.entries.length = 0;
    rig.time += 5_400_000;
    rig.chunks.settle = () => Promise.reject(failure);
    await rig.reconcile();
    const last = rig.entries.at(-1);
    expect(last).toMatchObject({ event: 'job.not-reconciled', jobId });
    expect((last as { cause: AggregateError }).cause.errors).toEqual([failure, failure]);
  });
});
