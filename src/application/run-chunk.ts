/** Works on one chunk of a job: claim it, move its target groups, settle it. */
import { ChunkTakenError, ChunkUnfinishedError } from '../domain/errors.ts';
import { type ChunkKey, type FailureGroup, groupFailures, isBroken } from '../domain/job.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { ChunkWork } from '../ports/work-queue.ts';
import { about, subjectOfChunk } from './about.ts';
import { type CarryOutWorld, carryOut } from './carry-out.ts';
import { LATE_WRITES_MS, certainly } from './certainly.ts';
import { finishChunk } from './finish-chunk.ts';
import { inParallel } from '../domain/in-parallel.ts';

export interface RunChunkWorld extends CarryOutWorld {
  readonly jobs: JobStore;
  readonly settings: {
    /** Target groups worked on at once. */
    readonly parallelism: number;
    /** How long a claim lasts: longer than the function can run, clock skew between two machines included. */
    readonly claimMs: number;
  };
}

/**
 * Decides one target group's outcome; may be tried again when it throws.
 *
 * @param begun whether somebody may have worked on it before
 */
export type Settler = (targetGroupId: string, begun: boolean) => Promise<Outcome>;

/**
 * Carries out a chunk. Returns when its message may be deleted: the chunk has its result and its job knows.
 *
 * @param owner names this very attempt; no two attempts share a name
 * @param stopAt epoch ms after which no further target group is taken up
 * @throws ChunkTakenError when somebody else holds the chunk
 * @throws ChunkUnfinishedError when it must be taken up again; then it is free within seconds
 */
export async function runChunk(
  world: RunChunkWorld,
  work: ChunkWork,
  owner: string,
  stopAt: number,
): Promise<void> {
  const told = about(world, subjectOfChunk(work));
  await settleChunk(told, work, owner, stopAt, (id, begun) => carryOut(told, work, id, begun));
}

/**
 * Claims a chunk, decides the outcome of each of its target groups with `settler`, and writes the result.
 *
 * @throws ChunkTakenError, ChunkUnfinishedError as `runChunk`
 */
export async function settleChunk(
  world: RunChunkWorld,
  { chunk, ids, only }: Pick<ChunkWork, 'chunk' | 'ids' | 'only'>,
  owner: string,
  stopAt: number,
  settler: Settler,
): Promise<void> {
  const { jobs, clock, journal } = world;
  const start = clock.now();
  if (chunk.expiresAt * 1000 <= start) {
    // A dead letter that is sent again long after its job: its result may be deleted already, and with it the
    // knowledge that the outcomes were given.
    journal.note({ event: 'chunk.expired', jobId: chunk.jobId, chunk: chunk.index });
    return;
  }
  const mine = await claim(world, { chunk, only }, owner, start);
  if (mine === 'settled') return;

  let failures: FailureGroup[];
  let settled: boolean;
  try {
    failures = groupFailures(
      ids,
      await decideAll(world, { chunk, ids }, stopAt, (id) => settler(id, mine.begun)),
    );
    settled = await jobs.settle(chunk, owner, failures, clock.now());
  } catch (error) {
    // It stays ours for as long as one of our writes may still arrive: whoever comes next must see what it did.
    // Where this fails too, or after a result that was written and not answered, the claim ends by itself.
    await jobs.release(chunk, owner, clock.now() + LATE_WRITES_MS).catch(() => undefined);
    throw error;
  }
  if (!settled) {
    // Our claim ended under us and somebody else took the chunk up. Their result stands, if they have one yet.
    journal.note({ event: 'race.lost', race: 'settle', jobId: chunk.jobId });
    if ((await claim(world, { chunk, only }, owner, clock.now())) !== 'settled') {
      await jobs.release(chunk, owner, clock.now());
      throw unfinishedError(chunk, 'Its claim was lost before its result was written.');
    }
    return;
  }
  const failed = failures.flatMap((group) => group.positions).length;
  journal.note({
    event: 'chunk.settled',
    jobId: chunk.jobId,
    chunk: chunk.index,
    updated: ids.length - failed,
    failed,
    failuresByCode: countByCode(failures),
    ms: clock.now() - start,
  });
  await finishChunk(world, chunk, { only, broken: isBroken(failures), repeated: false });
}

/** @throws ChunkUnfinishedError when some have no outcome when the time is up, or fail at every try */
async function decideAll(
  { clock, journal, settings }: RunChunkWorld,
  { chunk, ids }: Pick<ChunkWork, 'chunk' | 'ids'>,
  stopAt: number,
  settler: (targetGroupId: string) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let cause: unknown;
  const attempt = async (id: string) => {
    try {
      outcomes.push(await certainly(clock, stopAt, () => settler(id)));
    } catch (error) {
      cause ??= error;
    }
  };
  await inParallel(ids, settings.parallelism, attempt, () => clock.now() < stopAt);
  const unfinished = ids.length - outcomes.length;
  if (unfinished === 0) return outcomes;
  journal.note({ event: 'chunk.handed-back', jobId: chunk.jobId, chunk: chunk.index, unfinished, cause });
  throw unfinishedError(chunk, `${unfinished} of its target groups could not be processed now.`, cause);
}

/**
 * @returns `settled` when it has its result and nothing is left to do; else the chunk is ours to work on
 * @throws ChunkTakenError when somebody else holds it
 */
async function claim(
  world: RunChunkWorld,
  { chunk, only }: Pick<ChunkWork, 'chunk' | 'only'>,
  owner: string,
  now: number,
): Promise<'settled' | { readonly begun: boolean }> {
  const { jobs, journal, settings } = world;
  const claimed = await jobs.claim(chunk, owner, now, now + settings.claimMs);
  switch (claimed.kind) {
    case 'claimed':
      journal.note({
        event: 'chunk.claimed',
        jobId: chunk.jobId,
        chunk: chunk.index,
        begun: claimed.begun,
      });
      return claimed;
    case 'taken':
      journal.note({ event: 'race.lost', race: 'claim', jobId: chunk.jobId });
      throw new ChunkTakenError('Another worker holds the chunk.', { ...chunk });
    case 'settled':
      // Whoever settled it may have died before the job knew. Adding to the job's set twice adds once.
      journal.note({ event: 'chunk.repeated', jobId: chunk.jobId, chunk: chunk.index });
      await finishChunk(world, chunk, { only, broken: isBroken(claimed.failures), repeated: true });
      return 'settled';
  }
}

function unfinishedError(chunk: ChunkKey, why: string, cause?: unknown): ChunkUnfinishedError {
  return new ChunkUnfinishedError(
    `Chunk ${chunk.index} of job ${chunk.jobId} is not finished. ${why}`,
    { ...chunk },
    { cause },
  );
}

function countByCode(failures: ReturnType<typeof groupFailures>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code, positions } of failures) {
    counts[code] = (counts[code] ?? 0) + positions.length;
  }
  return counts;
}
