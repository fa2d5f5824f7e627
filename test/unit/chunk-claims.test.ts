/** Tests how long a chunk is claimed, how its claim is given back, and that a worker waits for both. */
import { expect, test } from '@jest/globals';
import { runChunk } from '../../src/application/run-chunk.ts';
import { ChunkUnfinishedError, ThrottledError } from '../../src/domain/errors.ts';
import { NOW } from '../support/builders.ts';
import { UseCaseRig, readFirstChunk } from '../support/use-case-rig.ts';

/** A chunk in the queue of a rig, and what is called of the port of chunks. */
async function aChunk() {
  const rig = new UseCaseRig();
  const { jobId } = await rig.create(rig.addTargetGroups({}));
  rig.entries.length = 0;
  const work = readFirstChunk(rig);
  const calls: unknown[][] = [];
  const claim = rig.chunks.claim.bind(rig.chunks);
  const release = rig.chunks.release.bind(rig.chunks);
  rig.chunks.claim = (...args) => {
    calls.push(['claim', ...args]);
    return claim(...args);
  };
  rig.chunks.release = async (...args) => {
    await new Promise(setImmediate);
    calls.push(['release', ...args]);
    return release(...args);
  };
  return { rig, work, jobId, calls };
}

test('a claim lasts from now on for as long as the settings say', async () => {
  const { rig, work, calls } = await aChunk();
  await rig.run(work, 'owner');
  expect(calls).toEqual([['claim', work.chunk, 'owner', NOW, NOW + rig.settings.claimMs]]);
});

test('a failed attempt has given its claim back, as of then, before it says that it failed', async () => {
  const { rig, work, calls } = await aChunk();
  rig.chunks.settle = () => {
    rig.time += 100;
    return Promise.reject(new Error('no answer'));
  };
  await expect(rig.run(work, 'owner', NOW + 100)).rejects.toThrow('no answer');
  expect(calls.slice(1)).toEqual([['release', work.chunk, 'owner', NOW + 100]]);
});

/** Runs a chunk whose first write gets no answer after 2 seconds, and whose others are throttled. */
async function failAfterLateWrite(handBackBy?: number) {
  const { rig, work, calls } = await aChunk();
  rig.groups.move = () => {
    rig.groups.move = () => Promise.reject(new ThrottledError('no capacity'));
    rig.time += 2_000;
    return Promise.reject(new Error('no answer'));
  };
  const pauses: number[] = [];
  let isPausing = false;
  // As short as a pause may be, and over only for who awaits it.
  rig.clock.pause = (ms) => {
    if (isPausing) throw new Error('the last pause is not over');
    isPausing = true;
    pauses.push(ms);
    return Promise.resolve().then(() => {
      rig.time += Math.ceil(ms / 2);
      isPausing = false;
    });
  };
  const attempt = { work, owner: 'owner', stopAt: Infinity, ...(handBackBy !== undefined && { handBackBy }) };
  await expect(runChunk(rig, attempt)).rejects.toThrow(ChunkUnfinishedError);
  return { rig, releases: calls.slice(1), pauses };
}

test('a failed attempt gives its claim back once its write without an answer can no longer arrive', async () => {
  const { rig, releases, pauses } = await failAfterLateWrite();
  expect(releases).toEqual([['release', expect.anything(), 'owner', NOW + 7_000]]);
  expect(rig.time).toBe(NOW + 7_000);
  expect(pauses.slice(0, 6)).toEqual([50, 100, 200, 400, 800, 1_600]);
});

test('a failed attempt without the time to wait for such a write leaves its claim as it is', async () => {
  const { rig, releases, pauses } = await failAfterLateWrite(NOW + 6_999);
  expect(releases).toEqual([]);
  expect(pauses).toHaveLength(6);
  expect(rig.time).toBeLessThan(NOW + 6_999);
  expect((await failAfterLateWrite(NOW + 7_000)).releases).toHaveLength(1);
});

test('a chunk whose claim was lost and is ours again is given back at once', async () => {
  const { rig, work, jobId, calls } = await aChunk();
  rig.chunks.settle = () => {
    rig.time += 100;
    return Promise.resolve(false);
  };
  const error = await rig.run(work, 'owner').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ChunkUnfinishedError);
  expect(calls.slice(1)).toEqual([
    ['claim', work.chunk, 'owner', NOW + 100, NOW + 100 + rig.settings.claimMs],
    ['release', work.chunk, 'owner', NOW + 100],
  ]);
  expect(rig.entries.slice(1)).toEqual([
    { event: 'race.lost', race: 'settle', jobId },
    { event: 'chunk.claimed', jobId, chunk: 0, begun: true },
  ]);
});

test('a worker waits until a chunk that was settled before is added to its job', async () => {
  const { rig, work } = await aChunk();
  const added: string[] = [];
  const addOnlyChunk = rig.jobs.addOnlyChunk.bind(rig.jobs);
  rig.jobs.addOnlyChunk = async (...args) => {
    await new Promise(setImmediate);
    added.push('added');
    return addOnlyChunk(...args);
  };
  await rig.run(work);
  await rig.run(work);
  expect(added).toEqual(['added', 'added']);
});

test('a job of several chunks is closed before the worker of its last chunk is done', async () => {
  const rig = new UseCaseRig();
  const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
  const close = rig.openJobs.close.bind(rig.openJobs);
  rig.openJobs.close = async (...args) => {
    await new Promise(setImmediate);
    return close(...args);
  };
  await rig.drain();
  expect((await rig.readJob(jobId)).job.look).toBeUndefined();
  expect(rig.listEvents().at(-1)).toBe('job.finished');
});

test('a job that another worker closed first is a lost race, noted with the job', async () => {
  const rig = new UseCaseRig();
  const { jobId } = await rig.create(rig.addTargetGroups({}, {}, {}));
  rig.openJobs.close = () => Promise.resolve(false);
  await rig.drain();
  expect(rig.entries.at(-1)).toEqual({ event: 'race.lost', race: 'close', jobId });
});

test('the only chunk of a job is added to it in one write, not in two', async () => {
  const { rig, work, jobId } = await aChunk();
  rig.jobs.addChunk = () => Promise.reject(new Error('a second write'));
  await rig.run(work);
  expect((await rig.readJob(jobId)).job.look).toBeUndefined();
});

test('a target group that was changed between write and read is a lost race, noted with the job', async () => {
  const { rig, work, jobId } = await aChunk();
  rig.groups.move = () => Promise.resolve({ moved: false });
  const error = await rig.run(work).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ cause: { name: 'TargetGroupChangedError' } });
  expect(rig.entries[1]).toEqual({ event: 'race.lost', race: 'move', jobId });
});

test('a write without an answer says which target group it was for, and what went wrong', async () => {
  const { rig, work } = await aChunk();
  const timeout = new Error('timeout');
  rig.groups.move = () => Promise.reject(timeout);
  const error = await rig.run(work).catch((thrown: unknown) => thrown);
  const { accountId, projectId } = work.chunk;
  expect(error).toMatchObject({
    cause: {
      name: 'UncertainWriteError',
      evidence: { accountId, projectId, targetGroupId: work.ids[0] },
      cause: timeout,
    },
  });
});

test('the only chunk of a job that was closed by another delivery is a lost race, noted with the job', async () => {
  const { rig, work, jobId } = await aChunk();
  const addOnlyChunk = rig.jobs.addOnlyChunk.bind(rig.jobs);
  rig.jobs.addOnlyChunk = async (...args) => {
    const ended = await addOnlyChunk(...args);
    return ended && { ...ended, closed: false };
  };
  await rig.run(work);
  expect(rig.entries.at(-1)).toEqual({ event: 'race.lost', race: 'close', jobId });
});
