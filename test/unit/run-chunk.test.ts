/** Tests that each target group has one outcome, even if its chunk is delivered twice, late or half done. */
import { describe, expect, test } from '@jest/globals';
import {
  ChunkTakenError,
  ChunkUnfinishedError,
  InconsistentStoreError,
  ThrottledError,
} from '../../src/domain/errors.ts';
import { statusOf } from '../../src/domain/job.ts';
import type { Move } from '../../src/ports/target-groups.ts';
import type { TargetGroupKey } from '../../src/domain/target-group.ts';
import { AT, CREATOR, NOW, TENANT, TRACE, anId } from '../support/builders.ts';
import { World, firstWork, sorted } from '../support/world.ts';

describe('a chunk', () => {
  test('gives each target group its outcome', async () => {
    const world = new World();
    const [paused = '', live = '', draft = '', full = '', ended = ''] = world.add(
      {},
      { status: 'live' },
      { status: 'draft' },
      { currentCompletes: 100 },
      { endFieldingAt: AT },
    );
    const unknown = anId('U');
    const { jobId } = await world.create([paused, live, draft, full, ended, unknown]);
    await world.drain();

    const { job, outcomes } = await world.status(jobId);
    expect(statusOf(job)).toBe('Completed');
    expect(job.open).toBe(false);
    const failures = new Map(outcomes.map(({ targetGroupId, failure }) => [targetGroupId, failure?.code]));
    expect([...failures.keys()]).toEqual(sorted([paused, live, draft, full, ended, unknown]));
    expect(failures.get(paused)).toBeUndefined();
    expect(failures.get(live)).toBeUndefined();
    expect(failures.get(draft)).toBe('StatusTransitionNotAllowed');
    expect(failures.get(full)).toBe('StatusTransitionNotAllowed');
    expect(failures.get(ended)).toBe('StatusTransitionNotAllowed');
    expect(failures.get(unknown)).toBe('TargetGroupNotFound');
    expect(await world.group(paused)).toMatchObject({ status: 'live', version: 4, lastChangedBy: CREATOR });
    expect(await world.group(live)).toMatchObject({ status: 'live', version: 3 });
  });

  test('that is delivered again changes nothing, and is reported as repeated', async () => {
    const world = new World();
    const [id = ''] = world.add({});
    const { jobId } = await world.create([id]);
    const work = firstWork(world);
    await world.drain();
    await world.change(id, { status: 'paused' });
    await world.run(work);
    expect(await world.group(id)).toMatchObject({ status: 'paused', version: 5 });
    expect((await world.status(jobId)).outcomes).toEqual([{ targetGroupId: id }]);
    expect(world.events()).toContain('chunk.repeated');
  });

  test('reports the time to the first outcome only if it is the first of its job to settle', async () => {
    const world = new World();
    await world.create(world.add({}, {}, {}));
    const [first, second] = world.queue.sent;
    world.time += 1234;
    for (const work of [first, first, second, first]) if (work !== undefined) await world.run(work);
    expect(world.entries.filter(({ event }) => event === 'job.first-outcome')).toEqual([
      { event: 'job.first-outcome', jobId: first?.chunk.jobId, ms: 1234 },
    ]);
  });

  test.each([
    { chunks: 1, groups: [{}, {}] },
    { chunks: 2, groups: [{}, {}, {}] },
  ])('of $chunks ends its job once, however often it is delivered', async ({ chunks, groups }) => {
    const world = new World();
    const { jobId } = await world.create(world.add(...groups));
    const sent = world.queue.sent.splice(0);
    expect(sent).toHaveLength(chunks);
    for (const work of [...sent, ...sent]) await world.run(work);
    await Promise.all(sent.map((work) => world.run(work)));
    expect((await world.status(jobId)).job.open).toBe(false);
    expect(world.entries.filter(({ event }) => event === 'job.finished')).toEqual([
      { event: 'job.finished', jobId, status: 'Completed', ms: 0 },
    ]);
    expect(world.races()).toEqual([]);
  });

  test.each(['addOnly', 'close'] as const)(
    'reports the time at which its job ended, and not that of the answer to %s',
    async (name) => {
      const world = new World();
      const groups = name === 'close' ? [{}, {}, {}] : [{}];
      await world.create(world.add(...groups));
      const write = world.jobs[name].bind(world.jobs) as (...asked: unknown[]) => Promise<never>;
      world.jobs[name] = async (...asked: unknown[]) => {
        world.time += 5_000;
        return write(...asked);
      };
      world.time += 300;
      await world.drain();
      expect(world.entries).toContainEqual(expect.objectContaining({ event: 'job.finished', ms: 300 }));
    },
  );

  test('that is the only one of its job ends the job in the write that adds the chunk', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}));
    world.jobs.close = () => Promise.reject(new Error('a second write'));
    await world.drain();
    const { job } = await world.status(jobId);
    expect([statusOf(job), job.open]).toEqual(['Completed', false]);
  });

  test('whose message does not say that it is the only one still ends its job', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}));
    await world.run({ ...firstWork(world), only: false });
    expect((await world.status(jobId)).job.open).toBe(false);
    expect(world.events()).toContain('job.finished');
  });

  test('reports a lost race if another delivery ended its job first', async () => {
    const world = new World();
    await world.create(world.add({}));
    const work = firstWork(world);
    const addOnly = world.jobs.addOnly.bind(world.jobs);
    world.jobs.addOnly = async (...asked) => {
      world.jobs.addOnly = addOnly;
      await world.run(work);
      return addOnly(...asked);
    };
    await world.run(work);
    expect(world.races()).toEqual(['close']);
    expect(world.events().filter((event) => event === 'job.finished')).toHaveLength(1);
  });

  test('reports tenant, action and trace with every event', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}));
    expect(world.subjectOf('job.created')).toEqual({ ...TENANT, action: 'resume', jobId });
    await world.drain();
    const subject = { ...TENANT, action: 'resume', jobId, chunk: 0, traceparent: TRACE.traceparent };
    for (const event of ['chunk.claimed', 'chunk.settled', 'job.finished'] as const) {
      expect(world.subjectOf(event)).toEqual(subject);
    }
  });

  test('settled by a worker that died before it added the chunk is added by the next delivery', async () => {
    const world = new World();
    const [id = ''] = world.add({});
    const { jobId } = await world.create([id]);
    const { chunk } = firstWork(world);
    await world.jobs.claim(chunk, 'dead', NOW, NOW + 1);
    await world.jobs.settle(chunk, 'dead', [], NOW);
    await world.drain();
    expect(statusOf((await world.status(jobId)).job)).toBe('Completed');
  });

  test('taken up after a crash counts its moved target groups as updated, and does not undo a pause', async () => {
    const world = new World();
    const [first = '', second = ''] = world.add({}, {});
    const { jobId } = await world.create([first, second]);
    const work = firstWork(world);
    const move = world.groups.move.bind(world.groups);
    world.groups.move = (key: TargetGroupKey, asked: Move) =>
      key.targetGroupId === work.ids[1] ? Promise.reject(new Error('killed')) : move(key, asked);
    await expect(world.run(work)).rejects.toThrow(ChunkUnfinishedError);
    world.groups.move = move;
    await world.change(work.ids[0] ?? '', { status: 'paused' });

    world.time += 5_000;
    await world.run(work);
    expect(await world.group(work.ids[0] ?? '')).toMatchObject({ status: 'paused', version: 5 });
    expect(await world.group(work.ids[1] ?? '')).toMatchObject({ status: 'live', version: 4 });
    expect((await world.status(jobId)).outcomes).toEqual(
      work.ids.map((targetGroupId) => ({ targetGroupId })),
    );
  });

  test('claimed by another worker goes back to the queue until the claim ends', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}));
    const work = firstWork(world);
    await world.jobs.claim(work.chunk, 'other', NOW, NOW + 1000);
    await expect(world.run(work)).rejects.toThrow(ChunkTakenError);
    expect(world.races()).toEqual(['claim']);
    world.time += 1000;
    await world.run(work);
    expect(statusOf((await world.status(jobId)).job)).toBe('Completed');
  });

  test('keeps its claim for as long as its function may run', async () => {
    const world = new World();
    await world.create(world.add({}));
    const work = firstWork(world);
    const find = world.groups.move.bind(world.groups);
    world.groups.move = async (key, asked) => {
      world.groups.move = find;
      world.time += world.settings.claimMs - 1;
      await expect(world.run(work)).rejects.toThrow(ChunkTakenError);
      return find(key, asked);
    };
    await world.run(work);
    expect(world.events()).toContain('chunk.settled');
  });

  test('that a dead worker settled with an InternalError makes its job Failed', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}));
    const { chunk } = firstWork(world);
    const failures = [{ code: 'InternalError', description: 'no', positions: [0] } as const];
    await world.jobs.claim(chunk, 'dead', NOW, NOW + 1);
    await world.jobs.settle(chunk, 'dead', failures, NOW);
    await world.drain();
    expect(statusOf((await world.status(jobId)).job)).toBe('Failed');
  });

  test('retries failed calls while there is time, with growing pauses', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}));
    const move = world.groups.move.bind(world.groups);
    let refusals = 3;
    world.groups.move = (key, asked) => {
      refusals -= 1;
      return refusals >= 0 ? Promise.reject(new Error('throttled')) : move(key, asked);
    };
    await world.drain();
    expect(statusOf((await world.status(jobId)).job)).toBe('Completed');
    expect(world.time).toBe(NOW + 50 + 100 + 200);
  });

  test('does not retry failed calls when the time is up', async () => {
    const world = new World();
    await world.create(world.add({}));
    let tries = 0;
    world.groups.move = () => {
      tries += 1;
      return Promise.reject(new Error('throttled'));
    };
    await expect(world.run(firstWork(world), anId(), NOW + 150)).rejects.toThrow(ChunkUnfinishedError);
    expect(tries).toBe(2);
  });

  test('refuses no target group while a write without an answer may still arrive', async () => {
    const world = new World();
    const [id = ''] = world.add({ status: 'draft' });
    const { jobId } = await world.create([id]);
    const move = world.groups.move.bind(world.groups);
    const late: (() => Promise<boolean>)[] = [];
    world.groups.move = (key, asked) => {
      world.groups.move = move;
      late.push(() => move(key, asked));
      return Promise.reject(new Error('no answer'));
    };
    const pause = world.clock.pause.bind(world.clock);
    world.clock.pause = async (ms) => {
      await pause(ms);
      // In the long pause a user makes the target group movable, and the write that was given up arrives.
      if (ms < 5_000) return;
      await world.change(id, { status: 'paused' });
      await late.pop()?.();
    };
    await world.drain();
    expect((await world.status(jobId)).outcomes).toEqual([{ targetGroupId: id }]);
    expect(await world.group(id)).toMatchObject({ status: 'live', version: 5 });
  });

  test('is handed back if no time is left to wait for such a write', async () => {
    const world = new World();
    const [id = ''] = world.add({ status: 'draft' });
    await world.create([id]);
    const move = world.groups.move.bind(world.groups);
    world.groups.move = () => {
      world.groups.move = move;
      return Promise.reject(new Error('no answer'));
    };
    const handedBack = world.run(firstWork(world), anId(), NOW + 5_000);
    await expect(handedBack).rejects.toMatchObject({ cause: { name: 'UncertainWriteError' } });
  });

  test('does not wait for a write that was certainly refused, even if the read after it failed', async () => {
    const world = new World();
    const [id = ''] = world.add({ status: 'draft' });
    await world.create([id]);
    const find = world.groups.find.bind(world.groups);
    world.groups.find = () => {
      world.groups.find = find;
      return Promise.reject(new Error('no answer'));
    };
    await world.drain();
    expect(world.events()).toContain('chunk.settled');
    expect(world.time).toBe(NOW + 50);
  });

  test('that was begun writes only target groups that were not moved yet', async () => {
    const world = new World();
    const ids = world.add(...Array<object>(10).fill({}));
    const { jobId } = await world.create([ids[0] ?? '']);
    const work = { ...firstWork(world), ids };
    const asked: string[] = [];
    let left = 4;
    const move = world.groups.move.bind(world.groups);
    world.groups.move = (key, how) => {
      asked.push(key.targetGroupId);
      left -= 1;
      return left >= 0 ? move(key, how) : Promise.reject(new ThrottledError('no capacity'));
    };
    await expect(world.run(work, anId(), NOW + 10)).rejects.toThrow(ChunkUnfinishedError);
    const moved = asked.slice(0, 4);
    asked.length = 0;
    left = Infinity;
    world.time += 5_000;
    await world.run(work);
    expect(sorted(asked)).toEqual(ids.filter((id) => !moved.includes(id)));
    expect(statusOf((await world.status(jobId)).job)).toBe('Completed');
  });

  test('whose claim was taken over is left to its new owner while there is no result', async () => {
    const world = new World();
    await world.create(world.add({}));
    const work = firstWork(world);
    const settle = world.jobs.settle.bind(world.jobs);
    world.jobs.settle = async (...args) => {
      world.time += world.settings.claimMs;
      await world.jobs.claim(work.chunk, 'other', world.time, world.time + 1000);
      return settle(...args);
    };
    await expect(world.run(work)).rejects.toThrow(ChunkTakenError);
    expect(world.races()).toEqual(['settle', 'claim']);
  });

  test('handed back because the time is up can be taken up seconds later', async () => {
    const world = new World();
    const { jobId } = await world.create(world.add({}, {}));
    const work = firstWork(world);
    await expect(world.run(work, anId(), NOW)).rejects.toThrow(ChunkUnfinishedError);
    expect(world.entries).toContainEqual(
      expect.objectContaining({ event: 'chunk.handed-back', unfinished: 2 }),
    );
    world.time += 5_000;
    await world.run(work);
    expect(statusOf((await world.status(jobId)).job)).toBe('Completed');
  });

  test('keeps the result of the new owner if its worker was suspended past the end of the claim', async () => {
    const world = new World();
    const [id = ''] = world.add({});
    const { jobId } = await world.create([id]);
    const work = firstWork(world);
    const settle = world.jobs.settle.bind(world.jobs);
    world.jobs.settle = async (...args) => {
      world.jobs.settle = settle;
      world.time += world.settings.claimMs;
      await world.change(id, { status: 'archived' });
      await world.run(work);
      return settle(...args);
    };
    await world.run(work);
    expect((await world.status(jobId)).outcomes).toEqual([{ targetGroupId: id }]);
    expect(world.races()).toEqual(['settle']);
    expect(await world.group(id)).toMatchObject({ status: 'archived', version: 5 });
  });

  test('moves a target group that becomes movable between the write and the read', async () => {
    const world = new World();
    const [id = ''] = world.add({ status: 'draft' });
    const { jobId } = await world.create([id]);
    const find = world.groups.find.bind(world.groups);
    world.groups.find = async (key) => {
      world.groups.find = find;
      await world.change(id, { status: 'paused' });
      return find(key);
    };
    await world.drain();
    expect(world.races()).toEqual(['move']);
    expect((await world.status(jobId)).outcomes).toEqual([{ targetGroupId: id }]);
    expect(await world.group(id)).toMatchObject({ status: 'live' });
  });

  test('of an unknown job is reported, and is not delivered again', async () => {
    const world = new World();
    await world.create(world.add({}));
    const work = firstWork(world);
    await world.run({ ...work, chunk: { ...work.chunk, jobId: anId('J') } });
    expect(world.events()).toContain('job.unknown');
  });

  test('makes a damaged target group InternalError at once, and finishes the others', async () => {
    const world = new World();
    const [bad = '', good = ''] = world.add({}, {});
    const { jobId } = await world.create([bad, good]);
    const move = world.groups.move.bind(world.groups);
    world.groups.move = (key, asked) =>
      key.targetGroupId === bad ? Promise.reject(new InconsistentStoreError('not ours')) : move(key, asked);
    await world.drain();
    const { job, outcomes } = await world.status(jobId);
    expect(statusOf(job)).toBe('Failed');
    expect(outcomes).toEqual([
      {
        targetGroupId: bad,
        failure: {
          code: 'InternalError',
          description: 'The target group could not be processed: its record is damaged.',
        },
      },
      { targetGroupId: good },
    ]);
  });

  test('of an expired job moves nothing, because its result may already be deleted', async () => {
    const world = new World();
    const [id = ''] = world.add({});
    await world.create([id]);
    world.time += world.settings.retentionSeconds * 1000;
    await world.drain();
    expect(world.events()).toContain('chunk.expired');
    expect(await world.group(id)).toMatchObject({ status: 'paused', version: 3 });
  });

  test('never works on more target groups at once than its parallelism', async () => {
    const world = new World();
    const work = { ...firstWork(await withJob(world, 1)), ids: world.add(...Array<object>(40).fill({})) };
    let running = 0;
    let most = 0;
    const move = world.groups.move.bind(world.groups);
    world.groups.move = async (key, asked) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return move(key, asked);
    };
    await world.run(work);
    expect(most).toBe(world.settings.parallelism);
  });
});

async function withJob(world: World, count: number): Promise<World> {
  await world.create(world.add(...Array<object>(count).fill({})));
  return world;
}

test('a chunk reaches no target group of another tenant', async () => {
  const world = new World();
  const [id = ''] = world.add({ accountId: 999 });
  const { jobId } = await world.create([id]);
  await world.drain();
  const { outcomes } = await world.status(jobId);
  expect(outcomes[0]?.failure?.code).toBe('TargetGroupNotFound');
  const theirs = await world.groups.find({ ...TENANT, accountId: 999, targetGroupId: id });
  expect(theirs).toMatchObject({ status: 'paused', version: 3 });
});
