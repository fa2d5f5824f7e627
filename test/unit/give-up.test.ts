/**
 * Tests the one rule of the deadline: from then on nothing of a job is moved, whoever works on its chunks.
 * Each target group gets the outcome that follows from reading it; who claims a chunk first decides it.
 */
import { describe, expect, test } from '@jest/globals';
import { giveUpChunk } from '../../src/application/run-chunk.ts';
import {
  ChunkUnfinishedError,
  EnqueueFailedError,
  InconsistentStoreError,
  ThrottledError,
} from '../../src/domain/errors.ts';
import { deriveStatus } from '../../src/domain/job.ts';
import { GIVEN_UP, makeMark } from '../../src/domain/outcome.ts';
import type { ChunkWork, GiveUpWork } from '../../src/ports/work-queue.ts';
import { NOW, TENANT, TRACE, anId } from '../support/builders.ts';
import { UseCaseRig, readFirstChunk, sortIds } from '../support/use-case-rig.ts';

const DEADLINE = NOW + 3_600_000;
const LAST_RESORT = NOW + 5_400_000;

const makeGiveUp = (work: ChunkWork): GiveUpWork => ({ ...work, reason: 'deadline' });

/** Makes every move of a rig fail, and counts them. */
function forbidMoves(rig: UseCaseRig): { readonly ids: string[] } {
  const ids: string[] = [];
  rig.groups.move = (key) => {
    ids.push(key.targetGroupId);
    return Promise.reject(new ThrottledError('a move past the deadline'));
  };
  return { ids };
}

/** A job of one chunk with a target group of every kind, one of which an attempt that died has moved. */
async function aJobOfEveryKind() {
  const rig = new UseCaseRig();
  rig.settings.chunkSize = 10;
  const [moved = '', untouched = '', draft = '', live = '', full = ''] = rig.addTargetGroups(
    {},
    {},
    { status: 'draft' },
    { status: 'live' },
    { currentCompletes: 100 },
  );
  const unknown = anId('U');
  const { jobId } = await rig.create([moved, untouched, draft, live, full, unknown]);
  const work = readFirstChunk(rig);
  rig.queue.sent.length = 0;
  // Moved by this job, and paused by a user since.
  await rig.change(moved, { marks: [makeMark(work.chunk)] });
  return { rig, jobId, work, ids: { moved, untouched, draft, live, full, unknown } };
}

const CODES = {
  moved: undefined,
  untouched: 'InternalError',
  draft: 'StatusTransitionNotAllowed',
  live: undefined,
  full: 'StatusTransitionNotAllowed',
  unknown: 'TargetGroupNotFound',
};

const WAYS: [string, (rig: UseCaseRig, work: ChunkWork) => Promise<void>][] = [
  ['a worker with its message', (rig, work) => rig.run(work)],
  ['a worker with its give-up', (rig, work) => rig.giveUp(makeGiveUp(work))],
  [
    'reconcile',
    (rig) => {
      rig.time = LAST_RESORT;
      return rig.reconcile();
    },
  ],
];

describe.each(WAYS)('past the deadline, by %s,', (_, settle) => {
  test('a chunk is settled by reading, and nothing is moved', async () => {
    const { rig, jobId, work, ids } = await aJobOfEveryKind();
    const moves = forbidMoves(rig);
    rig.time = DEADLINE;
    await settle(rig, work);
    expect(moves.ids).toEqual([]);
    const { job, outcomes } = await rig.readJob(jobId);
    expect(deriveStatus(job)).toBe('Failed');
    expect(job.look).toBeUndefined();
    const failures = new Map(outcomes.map(({ targetGroupId, failure }) => [targetGroupId, failure]));
    const codes = Object.fromEntries(Object.entries(ids).map(([kind, id]) => [kind, failures.get(id)?.code]));
    expect(codes).toEqual(CODES);
    expect(failures.get(ids.untouched)).toEqual(GIVEN_UP.deadline);
    expect(await rig.readGroup(ids.untouched)).toMatchObject({ status: 'paused', version: 3 });
  });

  test('a job of which nothing could still move is Completed', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({ status: 'live' }, { status: 'archived' }));
    const work = readFirstChunk(rig);
    rig.time = DEADLINE;
    await settle(rig, work);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Completed');
  });

  test('a damaged target group ends as InternalError at once', async () => {
    const rig = new UseCaseRig();
    const [bad = '', good = ''] = rig.addTargetGroups({}, { status: 'live' });
    const { jobId } = await rig.create([bad, good]);
    const find = rig.groups.find.bind(rig.groups);
    rig.groups.find = (key) =>
      key.targetGroupId === bad ? Promise.reject(new InconsistentStoreError('damaged')) : find(key);
    rig.time = DEADLINE;
    await settle(rig, readFirstChunk(rig));
    const { outcomes } = await rig.readJob(jobId);
    const codes = new Map(outcomes.map(({ targetGroupId, failure }) => [targetGroupId, failure?.code]));
    expect([codes.get(bad), codes.get(good)]).toEqual(['InternalError', undefined]);
  });
});

describe('a worker with the message of a chunk', () => {
  test('moves until the deadline, to the millisecond', async () => {
    const { rig, work } = await aJobOfEveryKind();
    const moves = forbidMoves(rig);
    rig.clock.pause = () => Promise.resolve();
    rig.time = DEADLINE - 1;
    await expect(rig.run(work)).rejects.toThrow(ChunkUnfinishedError);
    expect(new Set(moves.ids)).toEqual(new Set(work.ids));
  });

  test('reads those target groups that it begins after the deadline', async () => {
    const rig = new UseCaseRig();
    rig.settings.chunkSize = 4;
    rig.settings.parallelism = 1;
    const ids = sortIds(rig.addTargetGroups({}, {}, {}, {}));
    const { jobId } = await rig.create(ids);
    const move = rig.groups.move.bind(rig.groups);
    rig.time = DEADLINE - 2;
    // Each move takes one ms.
    rig.groups.move = async (...args) => {
      const result = await move(...args);
      rig.time += 1;
      return result;
    };
    await rig.run(readFirstChunk(rig));
    const { outcomes } = await rig.readJob(jobId);
    expect(outcomes).toEqual([
      ...ids.slice(0, 2).map((targetGroupId) => ({ targetGroupId })),
      ...ids.slice(2).map((targetGroupId) => ({ targetGroupId, failure: GIVEN_UP.deadline })),
    ]);
    const versions = await Promise.all(ids.map(async (id) => (await rig.readGroup(id)).version));
    expect(versions).toEqual([4, 4, 3, 3]);
  });

  test('reads a target group whose further tries come after the deadline', async () => {
    const rig = new UseCaseRig();
    const [id = ''] = rig.addTargetGroups({});
    const { jobId } = await rig.create([id]);
    let moves = 0;
    rig.groups.move = () => {
      moves += 1;
      return Promise.reject(new ThrottledError('no capacity'));
    };
    rig.time = DEADLINE - 1;
    await rig.run(readFirstChunk(rig));
    expect(moves).toBe(1);
    expect((await rig.readJob(jobId)).outcomes).toEqual([{ targetGroupId: id, failure: GIVEN_UP.deadline }]);
  });

  test('moves nothing whose read before the move ends after the deadline', async () => {
    const rig = new UseCaseRig();
    rig.settings.chunkSize = 3;
    const [paused = '', live = '', draft = ''] = rig.addTargetGroups(
      {},
      { status: 'live' },
      { status: 'draft' },
    );
    const { jobId } = await rig.create([paused, live, draft]);
    const work = readFirstChunk(rig);
    // An earlier attempt has begun.
    await rig.chunks.claim(work.chunk, 'dead', NOW, NOW + 1);
    const moves = forbidMoves(rig);
    const find = rig.groups.find.bind(rig.groups);
    rig.groups.find = async (key) => {
      const found = await find(key);
      rig.time = DEADLINE;
      return found;
    };
    rig.settings.parallelism = 3;
    rig.time = DEADLINE - 1;
    await rig.run(work);
    expect(moves.ids).toEqual([]);
    const { outcomes } = await rig.readJob(jobId);
    const failures = new Map(outcomes.map(({ targetGroupId, failure }) => [targetGroupId, failure]));
    expect(failures.get(paused)).toEqual(GIVEN_UP.deadline);
    expect(failures.get(live)).toBeUndefined();
    expect(failures.get(draft)?.code).toBe('StatusTransitionNotAllowed');
  });

  test('follows the deadline of the message, and the setting if that has none', async () => {
    const rig = new UseCaseRig();
    const [one = '', other = ''] = rig.addTargetGroups({}, {});
    rig.settings.chunkSize = 1;
    const { jobId } = await rig.create([one, other]);
    rig.settings.deadlineMs = 1_800_000;
    rig.time = NOW + 1_800_000;
    const [first, second] = rig.queue.sent;
    if (first === undefined || second === undefined) throw new Error('there are not two chunks');
    await rig.run(first);
    await rig.run({ ...second, job: { action: 'resume', createdBy: second.job.createdBy } });
    expect((await rig.readJob(jobId)).outcomes.map(({ failure }) => failure?.code)).toEqual([
      undefined,
      'InternalError',
    ]);
  });
});

describe('a give-up', () => {
  /** A give-up of a chunk that another owner holds until `until`, epoch ms. */
  async function aHeldChunk(until: number) {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    const work = makeGiveUp(readFirstChunk(rig));
    rig.queue.sent.length = 0;
    rig.time = DEADLINE;
    await rig.chunks.claim(work.chunk, 'worker', DEADLINE - 1, until);
    return { rig, jobId, work };
  }

  test('that finds a claim sends itself again, invisible until a second after the end of the claim', async () => {
    const { rig, jobId, work } = await aHeldChunk(DEADLINE + 120_000);
    await rig.giveUp(work, 'owner', DEADLINE + 30_000);
    expect(rig.giveUps.sent).toEqual([work]);
    expect(rig.giveUps.options).toEqual([{ until: DEADLINE + 30_000, delayMs: 121_000 }]);
    expect((await rig.readJob(jobId)).job.settled.size).toBe(0);
    expect(rig.listRaces()).toEqual(['claim']);

    rig.time += 121_000;
    await rig.drain();
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Failed');
    expect(rig.giveUps.sent).toEqual([]);
  });

  test('that returns is a new message each time, however often', async () => {
    const { rig, work } = await aHeldChunk(Infinity);
    rig.settings.claimMs = 1_000;
    for (let i = 0; i < 20; i += 1) {
      const [sent = work] = rig.giveUps.sent.splice(0);
      await rig.giveUp(sent);
      expect(rig.giveUps.sent).toEqual([work]);
    }
  });

  test('finds the claim ended by its own clock already, and returns after a second', async () => {
    const { rig, work } = await aHeldChunk(DEADLINE + 120_000);
    const claim = rig.chunks.claim.bind(rig.chunks);
    rig.chunks.claim = async (...args) => {
      const answer = await claim(...args);
      rig.time += 300_000;
      return answer;
    };
    await rig.giveUp(work);
    expect(rig.giveUps.options).toMatchObject([{ delayMs: 1_000 }]);
  });

  test('may be sent again until its claim would have to be handed back', async () => {
    const { rig, work } = await aHeldChunk(DEADLINE + 120_000);
    await giveUpChunk(rig, { work, owner: 'o', stopAt: DEADLINE + 10, handBackBy: DEADLINE + 20 });
    expect(rig.giveUps.options).toMatchObject([{ until: DEADLINE + 20 }]);
  });

  test('that cannot be sent again fails, so that its message returns', async () => {
    const { rig, work } = await aHeldChunk(DEADLINE + 120_000);
    rig.giveUps.send = () => Promise.reject(new EnqueueFailedError(1, 1));
    await expect(rig.giveUp(work)).rejects.toThrow(EnqueueFailedError);
  });

  test('of a chunk that a worker has settled leaves its result, and adds it to the job', async () => {
    const rig = new UseCaseRig();
    const [id = ''] = rig.addTargetGroups({});
    const { jobId } = await rig.create([id]);
    const work = readFirstChunk(rig);
    await rig.chunks.claim(work.chunk, 'dead', DEADLINE - 1, DEADLINE);
    await rig.chunks.settle(work.chunk, 'dead', [], DEADLINE);
    rig.time = DEADLINE;
    await rig.giveUp(makeGiveUp(work));
    expect((await rig.readJob(jobId)).outcomes).toEqual([{ targetGroupId: id }]);
  });

  test('that comes first decides: a message of the chunk that comes later changes nothing', async () => {
    const rig = new UseCaseRig();
    const [id = ''] = rig.addTargetGroups({});
    const { jobId } = await rig.create([id]);
    const work = readFirstChunk(rig);
    // By a clock that is behind.
    await rig.giveUp(makeGiveUp(work));
    const before = await rig.readJob(jobId);
    await rig.run(work);
    expect(await rig.readJob(jobId)).toEqual(before);
    expect(await rig.readGroup(id)).toMatchObject({ status: 'paused', version: 3 });
  });

  test('that cannot be read is handed back, and its claim with it', async () => {
    const rig = new UseCaseRig();
    await rig.create(rig.addTargetGroups({}));
    const work = makeGiveUp(readFirstChunk(rig));
    rig.groups.find = () => Promise.reject(new Error('no answer'));
    rig.time = DEADLINE;
    await expect(rig.giveUp(work)).rejects.toThrow(ChunkUnfinishedError);
    expect(rig.giveUps.sent).toEqual([]);
    expect(await rig.chunks.claim(work.chunk, 'next', rig.time, rig.time + 1)).toMatchObject({
      kind: 'claimed',
      begun: true,
    });
  });

  test('whose every read fails ends from twice the deadline on', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    const work = makeGiveUp(readFirstChunk(rig));
    rig.groups.find = () => Promise.reject(new Error('no answer'));
    rig.time = NOW + 7_200_000;
    await rig.giveUp(work);
    expect(deriveStatus((await rig.readJob(jobId)).job)).toBe('Failed');
  });

  test('is reported with tenant, action, trace and chunk', async () => {
    const rig = new UseCaseRig();
    const { jobId } = await rig.create(rig.addTargetGroups({}));
    rig.time = DEADLINE;
    await rig.giveUp(makeGiveUp(readFirstChunk(rig)));
    const subject = { ...TENANT, action: 'resume', jobId, chunk: 0, traceparent: TRACE.traceparent };
    for (const event of ['chunk.claimed', 'chunk.settled', 'job.finished'] as const) {
      expect(rig.findSubject(event)).toEqual(subject);
    }
  });
});
