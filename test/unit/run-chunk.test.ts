/** Tests that each target group has one outcome, even if its chunk is delivered twice, late or half done. */
import { describe, expect, test } from '@jest/globals';
import {
  ChunkTakenError,
  ChunkUnfinishedError,
  InconsistentStoreError,
  ThrottledError,
  UnknownFormatError,
} from '../../src/domain/errors.ts';
import { deriveStatus } from '../../src/domain/job.ts';
import type { Move, MoveResult } from '../../src/ports/target-groups.ts';
import type { TargetGroupKey } from '../../src/domain/target-group.ts';
import { AT, CREATOR, NOW, TENANT, TRACE, anId } from '../support/builders.ts';
import { UseCaseRig, readFirstChunk, sortIds } from '../support/use-case-rig.ts';

describe('a chunk', () => {
  test('gives each target group its outcome', async () => {
    const rig = new UseCaseRig();
    const [paused = '', live = '', draft = '', full = '', ended = ''] = rig.addTargetGroups(
      {},
      { status: 'live' },
      { status: 'draft' },
      { currentCompletes: 100 },
      { endFieldingAt: AT },
    );
    const unknown = anId('U');
    const { jobId } = await rig.create([paused, live, draft, full, ended, unknown]);
    await rig.drain();

    const { job, outcomes } = await rig.readJob(jobId);
    expect(deriveStatus(job)).toBe('Completed');
    expect(job.look).toBeUndefined();
    const failures = new Map(outcomes.map(({ targetGroupId, failure }) => [targetGroupId, failure?.code]));
    expect([...failures.keys()]).toEqual(sortIds([paused, live, draft, full, ended, unknown]));
    expect(failures.get(paused)).toBeUndefined();
    expect(failures.get(live)).toBeUndefined();
    expect(failures.get(draft)).toBe('StatusTransitionNotAllowed');
    expect(failures.get(full)).toBe('StatusTransitionNotAllowed');
    expect(failures.get(ended)).toBe('StatusTransitionNotAllowed');
    expect(failures.get(unknown)).toBe('TargetGroupNotFound');
    expect(await rig.readGroup(paused)).toMatchObject({ status: 'live', version: 4, lastChangedBy: CREATOR });
    expect(await rig.readGroup(live)).toMatchObject({ status: 'live', version: 3 });
  });

  test('that is delivered again changes nothing, and is reported as repeated', async () => {
    const rig = new UseCaseRig();
    const [id = ''] = rig.addTargetGroups({});
    const { jobId } = await rig.create([id]);
    const work = readFirstChunk(rig);
    await rig.drain();
    await rig.change(id, { status: 'paused' });
    await rig.run(work);
    expect(await rig.readGroup(id)).toMatchObject({ status: 'paused', version: 5 });
    expect((await rig.readJob(jobId)).outcomes).toEqual([{ targetGroupId: id }]);
    expect(rig.listEvents()).toContain('chunk.repeated');
  });

  test('reports the time to the first outcome only if it is the first of its job to settle', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}, {}, {}));
    const [first, second] = rig.queue.sent;
    rig.time += 1234;
    for (const work of [first, first, second, first]) if (work !== undefined) await rig.run(work);
    expect(rig.entries.filter(({ event }) => event === 'job.first-outcome')).toEqual([
      { event: 'job.first-outcome', jobId: first?.chunk.jobId, ms: 1234 },
    ]);
  });

  test.each([
    { chunks: 1, groups: [{}, {}] },
    { chunks: 2, groups: [{}, {}, {}] },
  ])('of $chunks ends its job once, however often it is delivered', async ({ chunks, groups }) => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups(...groups));
    const sent = rig.queue.sent.splice(0);
    expect(sent).toHaveLength(chunks);
    for (const work of [...sent, ...sent]) await rig.run(work);
    await Promise.all(sent.map((work) => rig.run(work)));
    expect((await rig.readJob(jobId)).job.look).toBeUndefined();
    expect(rig.entries.filter(({ event }) => event === 'job.finished')).toEqual([
      { event: 'job.finished', jobId, status: 'Completed', ms: 0 },
    ]);
    expect(rig.listRaces()).toEqual([]);
  });

  test.each(['addOnlyChunk', 'close'] as const)(
    'reports the time at which its job ended, and not that of the answer to %s',
    async (name) => {
      const rig = new UseCaseRig();
      const groups = name === 'close' ? [{}, {}, {}] : [{}];
      await rig.create(rig.addTargetGroups(...groups));
      const write = rig.jobs[name].bind(rig.jobs) as (...asked: unknown[]) => Promise<never>;
      rig.jobs[name] = async (...asked: unknown[]) => {
        rig.time += 5_000;
        return write(...asked);
      };
      rig.time += 300;
      await rig.drain();
      expect(rig.entries).toContainEqual(expect.objectContaining({ event: 'job.finished', ms: 300 }));
    },
  );

  test('that is the only one of its job ends the job in the write that adds the chunk', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    rig.jobs.close = () => Promise.reject(new Error('a second write'));
    await rig.drain();
    const { job } = await rig.readJob(jobId);
    expect([deriveStatus(job), job.look]).toEqual(['Completed', undefined]);
  });

  test('whose message does not say that it is the only one still ends its job', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    await rig.run({ ...readFirstChunk(rig), only: false });
    expect((await rig.readJob(jobId)).job.look).toBeUndefined();
    expect(rig.listEvents()).toContain('job.finished');
  });

  test('reports a lost race if another delivery ended its job first', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    const work = readFirstChunk(rig);
    const addOnly = rig.jobs.addOnlyChunk.bind(rig.jobs);
    rig.jobs.addOnlyChunk = async (...asked) => {
      rig.jobs.addOnlyChunk = addOnly;
      await rig.run(work);
      return addOnly(...asked);
    };
    await rig.run(work);
    expect(rig.listRaces()).toEqual(['close']);
    expect(rig.listEvents().filter((event) => event === 'job.finished')).toHaveLength(1);
  });

  test('reports tenant, action and trace with every event', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    expect(rig.findSubject('job.created')).toEqual({ ...TENANT, action: 'resume', jobId });
    await rig.drain();
    const subject = { ...TENANT, action: 'resume', jobId, chunk: 0, traceparent: TRACE.traceparent };
    for (const event of ['chunk.claimed', 'chunk.settled', 'job.finished'] as const) {
      expect(rig.findSubject(event)).toEqual(subject);
    }
  });

  test('settled by a worker that died before it added the chunk is added by the next delivery', async () => {
    const rig = new UseCaseRig();
    const [id = ''] = rig.addTargetGroups({});
    const { jobId } = await rig.create([id]);
    const { chunk } = readFirstChunk(rig);
    await rig.jobs.claim(chunk, 'dead', NOW, NOW + 1);
    await rig.jobs.settle(chunk, 'dead', [], NOW);
    await rig.drain();
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
  });

  test('taken up after a crash counts its moved target groups as updated, and does not undo a pause', async () => {
    const rig = new UseCaseRig();
    const [first = '', second = ''] = rig.addTargetGroups({}, {});
    const { jobId } = await rig.create([first, second]);
    const work = readFirstChunk(rig);
    const move = rig.groups.move.bind(rig.groups);
    rig.groups.move = (key: TargetGroupKey, asked: Move) =>
      key.targetGroupId === work.ids[1] ? Promise.reject(new Error('killed')) : move(key, asked);
    await expect(rig.run(work)).rejects.toThrow(ChunkUnfinishedError);
    rig.groups.move = move;
    await rig.change(work.ids[0] ?? '', { status: 'paused' });

    rig.time += 5_000;
    await rig.run(work);
    expect(await rig.readGroup(work.ids[0] ?? '')).toMatchObject({ status: 'paused', version: 5 });
    expect(await rig.readGroup(work.ids[1] ?? '')).toMatchObject({ status: 'live', version: 4 });
    expect((await rig.readJob(jobId)).outcomes).toEqual(work.ids.map((targetGroupId) => ({ targetGroupId })));
  });

  test('claimed by another worker goes back to the queue until the claim ends', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    const work = readFirstChunk(rig);
    await rig.jobs.claim(work.chunk, 'other', NOW, NOW + 1000);
    await expect(rig.run(work)).rejects.toThrow(ChunkTakenError);
    expect(rig.listRaces()).toEqual(['claim']);
    rig.time += 1000;
    await rig.run(work);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
  });

  test('keeps its claim for as long as its function may run', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    const work = readFirstChunk(rig);
    const find = rig.groups.move.bind(rig.groups);
    rig.groups.move = async (key, asked) => {
      rig.groups.move = find;
      rig.time += rig.settings.claimMs - 1;
      await expect(rig.run(work)).rejects.toThrow(ChunkTakenError);
      return find(key, asked);
    };
    await rig.run(work);
    expect(rig.listEvents()).toContain('chunk.settled');
  });

  test('that a dead worker settled with an InternalError makes its job Failed', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    const { chunk } = readFirstChunk(rig);
    const failures = [{ code: 'InternalError', description: 'no', positions: [0] } as const];
    await rig.jobs.claim(chunk, 'dead', NOW, NOW + 1);
    await rig.jobs.settle(chunk, 'dead', failures, NOW);
    await rig.drain();
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Failed');
  });

  test('retries failed calls while there is time, with growing pauses', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    const move = rig.groups.move.bind(rig.groups);
    let refusals = 3;
    rig.groups.move = (key, asked) => {
      refusals -= 1;
      return refusals >= 0 ? Promise.reject(new Error('throttled')) : move(key, asked);
    };
    await rig.drain();
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
    expect(rig.time).toBe(NOW + 50 + 100 + 200);
  });

  test('whose result cannot be written at first is settled by a later try, and reported once', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}));
    const settle = rig.jobs.settle.bind(rig.jobs);
    let tries = 0;
    rig.jobs.settle = async (...args) => {
      tries += 1;
      // The first one is refused, and the second one written without an answer.
      if (tries > 1) await settle(...args);
      if (tries < 3) throw new Error('no answer');
      return settle(...args);
    };
    await rig.run(readFirstChunk(rig));
    expect(tries).toBe(3);
    expect(rig.time).toBe(NOW + 50 + 100);
    expect(rig.entries).toContainEqual(
      expect.objectContaining({ event: 'chunk.settled', updated: 2, failed: 0 }),
    );
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
  });

  test('whose result cannot be written while there is time fails with the reason', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    const reason = new Error('no answer');
    rig.jobs.settle = () => Promise.reject(reason);
    const work = readFirstChunk(rig);
    await expect(rig.run(work, anId(), NOW + 1_000)).rejects.toBe(reason);
    // Its claim has ended.
    await expect(rig.chunks.claim(work.chunk, 'next', rig.time, rig.time + 1)).resolves.toMatchObject({
      kind: 'claimed',
    });
  });

  test('does not retry failed calls when the time is up', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    let tries = 0;
    rig.groups.move = () => {
      tries += 1;
      return Promise.reject(new Error('throttled'));
    };
    await expect(rig.run(readFirstChunk(rig), anId(), NOW + 150)).rejects.toThrow(ChunkUnfinishedError);
    expect(tries).toBe(2);
  });

  test('refuses no target group while a write without an answer may still arrive', async () => {
    const rig = new UseCaseRig();
    const [id = ''] = rig.addTargetGroups({ status: 'draft' });
    const { jobId } = await rig.create([id]);
    const move = rig.groups.move.bind(rig.groups);
    const late: (() => Promise<MoveResult>)[] = [];
    rig.groups.move = (key, asked) => {
      rig.groups.move = move;
      late.push(() => move(key, asked));
      return Promise.reject(new Error('no answer'));
    };
    const pause = rig.clock.pause.bind(rig.clock);
    rig.clock.pause = async (ms) => {
      await pause(ms);
      // In the long pause a user makes the target group movable, and the write that was given up arrives.
      if (ms < 5_000) return;
      await rig.change(id, { status: 'paused' });
      await late.pop()?.();
    };
    await rig.drain();
    expect((await rig.readJob(jobId)).outcomes).toEqual([{ targetGroupId: id }]);
    expect(await rig.readGroup(id)).toMatchObject({ status: 'live', version: 5 });
  });

  test('is handed back if no time is left to wait for such a write', async () => {
    const rig = new UseCaseRig();
    const [id = ''] = rig.addTargetGroups({ status: 'draft' });
    await rig.create([id]);
    const move = rig.groups.move.bind(rig.groups);
    rig.groups.move = () => {
      rig.groups.move = move;
      return Promise.reject(new Error('no answer'));
    };
    const handedBack = rig.run(readFirstChunk(rig), anId(), NOW + 5_000);
    await expect(handedBack).rejects.toMatchObject({ cause: { name: 'UncertainWriteError' } });
  });

  test('does not wait for a write that was certainly refused, even if the read after it failed', async () => {
    const rig = new UseCaseRig();
    rig.withholdFound();
    const [id = ''] = rig.addTargetGroups({ status: 'draft' });
    await rig.create([id]);
    const find = rig.groups.find.bind(rig.groups);
    rig.groups.find = () => {
      rig.groups.find = find;
      return Promise.reject(new Error('no answer'));
    };
    await rig.drain();
    expect(rig.listEvents()).toContain('chunk.settled');
    expect(rig.time).toBe(NOW + 50);
  });

  test('that was begun writes only target groups that were not moved yet', async () => {
    const rig = new UseCaseRig();
    const ids = rig.addTargetGroups(...Array<object>(10).fill({}));
    const { jobId } = await rig.create([ids[0] ?? '']);
    const work = { ...readFirstChunk(rig), ids };
    const asked: string[] = [];
    let left = 4;
    const move = rig.groups.move.bind(rig.groups);
    rig.groups.move = (key, how) => {
      asked.push(key.targetGroupId);
      left -= 1;
      return left >= 0 ? move(key, how) : Promise.reject(new ThrottledError('no capacity'));
    };
    await expect(rig.run(work, anId(), NOW + 10)).rejects.toThrow(ChunkUnfinishedError);
    const moved = asked.slice(0, 4);
    asked.length = 0;
    left = Infinity;
    rig.time += 5_000;
    await rig.run(work);
    expect(sortIds(asked)).toEqual(ids.filter((id) => !moved.includes(id)));
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
  });

  test('whose claim was taken over is left to its new owner while there is no result', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    const work = readFirstChunk(rig);
    const settle = rig.jobs.settle.bind(rig.jobs);
    rig.jobs.settle = async (...args) => {
      rig.time += rig.settings.claimMs;
      await rig.jobs.claim(work.chunk, 'other', rig.time, rig.time + 1000);
      return settle(...args);
    };
    await expect(rig.run(work)).rejects.toThrow(ChunkTakenError);
    expect(rig.listRaces()).toEqual(['settle', 'claim']);
  });

  test('handed back because the time is up can be taken up seconds later', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}));
    const work = readFirstChunk(rig);
    const move = rig.groups.move.bind(rig.groups);
    rig.groups.move = (...args) => {
      rig.time += 1_000;
      return move(...args);
    };
    rig.settings.parallelism = 1;
    await expect(rig.run(work, anId(), NOW + 1_000)).rejects.toThrow(ChunkUnfinishedError);
    expect(rig.entries).toContainEqual(
      expect.objectContaining({ event: 'chunk.handed-back', unfinished: 1 }),
    );
    rig.time += 5_000;
    await rig.run(work);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
  });

  test('for which no time is left is handed back unclaimed, so that the next worker need not read first', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}, {}));
    const work = readFirstChunk(rig);
    await expect(rig.run(work, anId(), NOW)).rejects.toThrow(ChunkUnfinishedError);
    expect(rig.listEvents().filter((event) => event.startsWith('chunk.'))).toEqual(['chunk.handed-back']);
    expect(rig.entries.at(-1)).toMatchObject({ event: 'chunk.handed-back', unfinished: 2 });
    let reads = 0;
    const find = rig.groups.find.bind(rig.groups);
    rig.groups.find = (key) => {
      reads += 1;
      return find(key);
    };
    await rig.run(work);
    expect(reads).toBe(0);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
  });

  test('keeps the result of the new owner if its worker was suspended past the end of the claim', async () => {
    const rig = new UseCaseRig();
    const [id = ''] = rig.addTargetGroups({});
    const { jobId } = await rig.create([id]);
    const work = readFirstChunk(rig);
    const settle = rig.jobs.settle.bind(rig.jobs);
    rig.jobs.settle = async (...args) => {
      rig.jobs.settle = settle;
      rig.time += rig.settings.claimMs;
      await rig.change(id, { status: 'archived' });
      await rig.run(work);
      return settle(...args);
    };
    await rig.run(work);
    expect((await rig.readJob(jobId)).outcomes).toEqual([{ targetGroupId: id }]);
    expect(rig.listRaces()).toEqual(['settle']);
    expect(await rig.readGroup(id)).toMatchObject({ status: 'archived', version: 5 });
  });

  test('moves a target group that becomes movable between the write and the read', async () => {
    const rig = new UseCaseRig();
    rig.withholdFound();
    const [id = ''] = rig.addTargetGroups({ status: 'draft' });
    const { jobId } = await rig.create([id]);
    const find = rig.groups.find.bind(rig.groups);
    rig.groups.find = async (key) => {
      rig.groups.find = find;
      await rig.change(id, { status: 'paused' });
      return find(key);
    };
    await rig.drain();
    expect(rig.listRaces()).toEqual(['move']);
    expect((await rig.readJob(jobId)).outcomes).toEqual([{ targetGroupId: id }]);
    expect(await rig.readGroup(id)).toMatchObject({ status: 'live' });
  });

  test.each([
    { brings: 'brings', reads: 0 },
    { brings: 'does not bring', reads: 1 },
  ])('reads each refused target group $reads times when the answer $brings it', async ({ brings, reads }) => {
    const rig = new UseCaseRig();
    if (brings !== 'brings') rig.withholdFound();
    const [draft = '', live = '', full = '', paused = ''] = rig.addTargetGroups(
      { status: 'draft' },
      { status: 'live' },
      { currentCompletes: 100 },
      {},
    );
    const { jobId } = await rig.create([draft, live, full, paused]);
    const read: string[] = [];
    const find = rig.groups.find.bind(rig.groups);
    rig.groups.find = (key) => {
      read.push(key.targetGroupId);
      return find(key);
    };
    await rig.drain();
    expect(sortIds(read)).toEqual(reads === 0 ? [] : sortIds([draft, live, full]));
    expect(read).toHaveLength(3 * reads);
    const { outcomes } = await rig.readJob(jobId);
    const codes = new Map(outcomes.map(({ targetGroupId, failure }) => [targetGroupId, failure?.code]));
    expect(codes.get(draft)).toBe('StatusTransitionNotAllowed');
    expect(codes.get(full)).toBe('StatusTransitionNotAllowed');
    expect([codes.get(live), codes.get(paused)]).toEqual([undefined, undefined]);
  });

  test('of an unknown job is reported, and is not delivered again', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    const work = readFirstChunk(rig);
    await rig.run({ ...work, chunk: { ...work.chunk, jobId: anId('J') } });
    expect(rig.listEvents()).toContain('job.unknown');
  });

  test.each([
    ['a damaged target group', InconsistentStoreError, 'its record is damaged.'],
    ['one of a later format', UnknownFormatError, 'its record has a format that is not known yet.'],
  ])('makes %s InternalError at once, and finishes the others', async (_, Kind, why) => {
    const rig = new UseCaseRig();
    const [bad = '', good = ''] = rig.addTargetGroups({}, {});
    const { jobId } = await rig.create([bad, good]);
    const move = rig.groups.move.bind(rig.groups);
    rig.groups.move = (key, asked) =>
      key.targetGroupId === bad ? Promise.reject(new Kind('not ours')) : move(key, asked);
    const start = rig.time;
    await rig.drain();
    const { job, outcomes } = await rig.readJob(jobId);
    expect(deriveStatus(job)).toBe('Failed');
    expect(outcomes).toEqual([
      {
        targetGroupId: bad,
        failure: { code: 'InternalError', description: `The target group could not be processed: ${why}` },
      },
      { targetGroupId: good },
    ]);
    // Without the pauses of another try.
    expect(rig.time).toBe(start);
  });

  test('of an expired job moves nothing, because its result may already be deleted', async () => {
    const rig = new UseCaseRig();
    const [id = ''] = rig.addTargetGroups({});
    await rig.create([id]);
    rig.time += rig.settings.retentionSeconds * 1000;
    await rig.drain();
    expect(rig.listEvents()).toContain('chunk.expired');
    expect(await rig.readGroup(id)).toMatchObject({ status: 'paused', version: 3 });
  });

  test('never works on more target groups at once than its parallelism', async () => {
    const rig = new UseCaseRig();
    const work = {
      ...readFirstChunk(await withJob(rig, 1)),
      ids: rig.addTargetGroups(...Array<object>(40).fill({})),
    };
    let running = 0;
    let most = 0;
    const move = rig.groups.move.bind(rig.groups);
    rig.groups.move = async (key, asked) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return move(key, asked);
    };
    await rig.run(work);
    expect(most).toBe(rig.settings.parallelism);
  });
});

async function withJob(rig: UseCaseRig, count: number): Promise<UseCaseRig> {
  await rig.create(rig.addTargetGroups(...Array<object>(count).fill({})));
  return rig;
}

test('a chunk reaches no target group of another tenant', async () => {
  const rig = new UseCaseRig();
  const [id = ''] = rig.addTargetGroups({ accountId: 999 });
  const { jobId } = await rig.create([id]);
  await rig.drain();
  const { outcomes } = await rig.readJob(jobId);
  expect(outcomes[0]?.failure?.code).toBe('TargetGroupNotFound');
  const theirs = await rig.groups.find({ ...TENANT, accountId: 999, targetGroupId: id });
  expect(theirs).toMatchObject({ status: 'paused', version: 3 });
});
