/** Tests how long a chunk is claimed, how its claim is given back, and that a worker waits for both. */
import { expect, test } from '@jest/globals';
import { ChunkUnfinishedError } from '../../src/domain/errors.ts';
import { NOW } from '../support/builders.ts';
import { World, firstWork } from '../support/world.ts';

/** A chunk in the queue of a world, and what is called of the port of chunks. */
async function aChunk() {
  const world = new World();
  const { jobId } = await world.create(world.add({}));
  world.entries.length = 0;
  const work = firstWork(world);
  const calls: unknown[][] = [];
  const claim = world.chunks.claim.bind(world.chunks);
  const release = world.chunks.release.bind(world.chunks);
  world.chunks.claim = (...args) => {
    calls.push(['claim', ...args]);
    return claim(...args);
  };
  world.chunks.release = async (...args) => {
    await new Promise(setImmediate);
    calls.push(['release', ...args]);
    return release(...args);
  };
  return { world, work, jobId, calls };
}

test('a claim lasts from now on for as long as the settings say', async () => {
  const { world, work, calls } = await aChunk();
  await world.run(work, 'owner');
  expect(calls).toEqual([['claim', work.chunk, 'owner', NOW, NOW + world.settings.claimMs]]);
});

test('a failed attempt has given its claim back, 5 seconds from then on, before it says that it failed', async () => {
  const { world, work, calls } = await aChunk();
  world.chunks.settle = () => {
    world.time += 100;
    return Promise.reject(new Error('no answer'));
  };
  await expect(world.run(work, 'owner')).rejects.toThrow('no answer');
  expect(calls.slice(1)).toEqual([['release', work.chunk, 'owner', NOW + 5_100]]);
});

test('a chunk whose claim was lost and is ours again is given back at once', async () => {
  const { world, work, jobId, calls } = await aChunk();
  world.chunks.settle = () => {
    world.time += 100;
    return Promise.resolve(false);
  };
  const error = await world.run(work, 'owner').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ChunkUnfinishedError);
  expect(calls.slice(1)).toEqual([
    ['claim', work.chunk, 'owner', NOW + 100, NOW + 100 + world.settings.claimMs],
    ['release', work.chunk, 'owner', NOW + 100],
  ]);
  expect(world.entries.slice(1)).toEqual([
    { event: 'race.lost', race: 'settle', jobId },
    { event: 'chunk.claimed', jobId, chunk: 0, begun: true },
  ]);
});

test('a worker waits until a chunk that was settled before is added to its job', async () => {
  const { world, work } = await aChunk();
  const added: string[] = [];
  const addOnly = world.jobs.addOnly.bind(world.jobs);
  world.jobs.addOnly = async (...args) => {
    await new Promise(setImmediate);
    added.push('added');
    return addOnly(...args);
  };
  await world.run(work);
  await world.run(work);
  expect(added).toEqual(['added', 'added']);
});

test('a job of several chunks is closed before the worker of its last chunk is done', async () => {
  const world = new World();
  const { jobId } = await world.create(world.add({}, {}, {}));
  const close = world.openJobs.close.bind(world.openJobs);
  world.openJobs.close = async (...args) => {
    await new Promise(setImmediate);
    return close(...args);
  };
  await world.drain();
  expect((await world.status(jobId)).job.open).toBe(false);
  expect(world.events().at(-1)).toBe('job.finished');
});

test('a job that another worker closed first is a lost race, noted with the job', async () => {
  const world = new World();
  const { jobId } = await world.create(world.add({}, {}, {}));
  world.openJobs.close = () => Promise.resolve(false);
  await world.drain();
  expect(world.entries.at(-1)).toEqual({ event: 'race.lost', race: 'close', jobId });
});

test('the only chunk of a job is added to it in one write, not in two', async () => {
  const { world, work, jobId } = await aChunk();
  world.jobs.addSettled = () => Promise.reject(new Error('a second write'));
  await world.run(work);
  expect((await world.status(jobId)).job.open).toBe(false);
});

test('a target group that was changed between write and read is a lost race, noted with the job', async () => {
  const { world, work, jobId } = await aChunk();
  world.groups.move = () => Promise.resolve(false);
  const error = await world.run(work).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ cause: { name: 'TargetGroupChangedError' } });
  expect(world.entries[1]).toEqual({ event: 'race.lost', race: 'move', jobId });
});

test('a write without an answer says which target group it was for, and what went wrong', async () => {
  const { world, work } = await aChunk();
  const timeout = new Error('timeout');
  world.groups.move = () => Promise.reject(timeout);
  const error = await world.run(work).catch((thrown: unknown) => thrown);
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
  const { world, work, jobId } = await aChunk();
  const addOnly = world.jobs.addOnly.bind(world.jobs);
  world.jobs.addOnly = async (...args) => {
    const ended = await addOnly(...args);
    return ended && { ...ended, closed: false };
  };
  await world.run(work);
  expect(world.entries.at(-1)).toEqual({ event: 'race.lost', race: 'close', jobId });
});
